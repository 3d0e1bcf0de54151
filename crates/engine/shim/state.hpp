// What the shim keeps for a connection: the Rust guard, and what was planned while a statement is prepared.
#pragma once

#include "guard.hpp"
#include "shim.h"

#include "duckdb/common/case_insensitive_map.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/parser/sql_statement.hpp"
#include "duckdb/planner/planner_extension.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace shim {

// Whether connections without a guard are refused already. Until then DuckDB may open its own: it replays a
// database's log on one, which binds that database's defaults, checks and indexes.
struct Seal : public PlannerExtensionInfo {
	std::atomic<bool> closed {false};
};

// own.cpp: a table that is its transaction's own.
struct Owned {
	duckdb::shared_ptr<duckdb::AttachedDatabase> database;
	std::string schema;
	std::string name;
	duckdb::shared_ptr<duckdb::DataTable> storage;

	// Others may write again, if the table is there still.
	void release();
};

// Owns the Rust guard; lives as long as the connection's context, which prepared statements keep alive.
class GuardState : public ClientContextState {
public:
	explicit GuardState(ShimGuard guard) : guard(guard) {
	}
	~GuardState() override {
		guard.drop(guard.state);
	}
	GuardState(const GuardState &) = delete;

	// Null on a connection of DuckDB's own.
	static shared_ptr<GuardState> find(ClientContext &context);
	static void put(ClientContext &context, shared_ptr<GuardState> state);

	// What is planned while a statement is prepared: itself, and before or after it those that it asks about
	// (json_serialize_plan).
	std::vector<Described> described;
	bool is_describing = false;

	// Throws the guard's refusal.
	void judge(const std::vector<Touch> &touches);

	bool sees(const std::string &database);
	void lists();
	// Throws the guard's reason not to.
	std::string tell(const std::string &topic);

	[[noreturn]] static void refuse(const std::string &reason);

	// unseen.cpp: before a statement is planned; when one is bound; when it is planned. The last two
	// throw the guard's refusal.
	void begin_statement(duckdb::ClientContext &context, duckdb::SQLStatement &statement);
	void note_opened(duckdb::ClientContext &context);
	void refuse_hidden(duckdb::ClientContext &context, const duckdb::SQLStatement &statement);

	// own.cpp: makes a table the transaction's own, if nobody else has changed it; otherwise that throws.
	void own(duckdb::DuckTableEntry &table, const std::function<void()> &expect_alone);
	void TransactionCommit(duckdb::MetaTransaction &, duckdb::ClientContext &) override {
		release();
	}
	void TransactionRollback(duckdb::MetaTransaction &, duckdb::ClientContext &) override {
		release();
	}

private:
	void release();

	std::vector<Owned> owned;

	// Of the statement that is planned.
	duckdb::case_insensitive_set_t opened_before;
	bool is_creating = false;
	bool has_opened_hidden = false;
	ShimGuard guard;
};

// The hook: asks the connection's guard about a bound statement.
void judge_bound_statement(PlannerExtensionInput &input, BoundStatement &statement);

} // namespace shim
