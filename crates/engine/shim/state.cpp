// Asks a connection's guard: about a bound plan from DuckDB's hook, and about what happens outside of plans.

#include "internal.hpp"
#include "state.hpp"

#include "duckdb/planner/planner_extension.hpp"

using namespace duckdb;

// What the guard says.
struct ShimWords {
	std::string text;
};

namespace shim {

namespace {

constexpr const char *GUARD_STATE = "pintail_plan_guard";
constexpr const char *GUARD_SUBTYPE = "PLAN_GUARD";
constexpr const char *TELL_SUBTYPE = "TELL";

} // namespace

shared_ptr<GuardState> GuardState::find(ClientContext &context) {
	return context.registered_state->Get<GuardState>(GUARD_STATE);
}

void GuardState::put(ClientContext &context, shared_ptr<GuardState> state) {
	context.registered_state->Insert(GUARD_STATE, std::move(state));
}

void GuardState::judge(const std::vector<Touch> &touches) {
	std::vector<std::vector<ShimText>> arguments;
	arguments.reserve(touches.size());
	std::vector<ShimTouch> views;
	views.reserve(touches.size());
	for (auto &touch : touches) {
		arguments.emplace_back();
		for (auto &argument : touch.arguments) {
			arguments.back().push_back(as_view(argument));
		}
		views.push_back(ShimTouch {static_cast<uint8_t>(touch.kind), as_view(touch.name), arguments.back().data(),
		                           arguments.back().size()});
	}
	ShimWords reason;
	if (!guard.judge(guard.state, views.data(), views.size(), &reason)) {
		refuse(reason.text);
	}
}

bool GuardState::sees(const std::string &database) {
	return guard.sees(guard.state, as_view(database));
}

void GuardState::lists() {
	guard.lists(guard.state);
}

std::string GuardState::tell(const std::string &topic) {
	ShimWords words;
	if (!guard.tell(guard.state, as_view(topic), &words)) {
		throw Exception({{"error_subtype", TELL_SUBTYPE}}, ExceptionType::INVALID_INPUT, words.text);
	}
	return words.text;
}

void GuardState::refuse(const std::string &reason) {
	throw Exception({{"error_subtype", GUARD_SUBTYPE}}, ExceptionType::PERMISSION, reason);
}

void judge_bound_statement(PlannerExtensionInput &input, BoundStatement &statement) {
	auto state = GuardState::find(input.context);
	if (!state) {
		if (!static_cast<Seal &>(*input.info).closed) {
			return;
		}
		GuardState::refuse("this connection has no plan guard");
	}
	state->note_opened(input.context);
	if (statement.plan) {
		read_literals(*statement.plan);
		keep_types(*statement.plan);
	}
	state->judge(list_touches(input.binder, statement));
	if (state->is_describing) {
		state->described.push_back(
		    Described {statement.names, statement.types, list_types(statement), list_origins(statement)});
	}
}

void ask(ClientContext &context, Touch touch) {
	if (auto state = GuardState::find(context)) {
		state->judge({std::move(touch)});
	}
}

bool sees(ClientContext &context, const std::string &database) {
	auto state = GuardState::find(context);
	return !state || state->sees(database);
}

void lists(ClientContext &context) {
	if (auto state = GuardState::find(context)) {
		state->lists();
	}
}

} // namespace shim

void shim_say(ShimWords *words, ShimText text) {
	quietly(false, [&] {
		words->text = as_string(text);
		return true;
	});
}
