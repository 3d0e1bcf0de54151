// Types and macros of databases that the connection does not see. What a bound plan reads names its tables' databases, but
// a macro is expanded and a type resolved without a trace. So the hook looks which databases the binder has opened; when
// one of them is not seen, the statement is bound once more, and the binder tells every entry that it takes. Binding CREATE
// has such a listener of its own, in the place of ours: there it is enough that the binder has opened the database, and its
// query is bound once more by itself. Deliberately absent: names in the text of CREATE and of what fails to bind, which the
// session looks at.

#include "internal.hpp"
#include "state.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_data/create_type_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/parser/statement/explain_statement.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/statement/prepare_statement.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/bound_parameter_map.hpp"
#include "duckdb/planner/expression/bound_parameter_data.hpp"
#include "duckdb/transaction/meta_transaction.hpp"

using namespace duckdb;

namespace {

// The statement that is planned.
SQLStatement &planned(SQLStatement &statement) {
	switch (statement.type) {
	case StatementType::PREPARE_STATEMENT:
		return planned(*statement.Cast<PrepareStatement>().statement);
	case StatementType::EXPLAIN_STATEMENT:
		return planned(*statement.Cast<ExplainStatement>().stmt);
	default:
		return statement;
	}
}

// CREATE … AS a query.
optional_ptr<SQLStatement> query_of(CreateStatement &statement) {
	switch (statement.info->type) {
	case CatalogType::TABLE_ENTRY:
		return statement.info->Cast<CreateTableInfo>().query.get();
	case CatalogType::VIEW_ENTRY:
		return statement.info->Cast<CreateViewInfo>().query.get();
	case CatalogType::TYPE_ENTRY:
		return statement.info->Cast<CreateTypeInfo>().query.get();
	default:
		return nullptr;
	}
}

bool is_hidden(ClientContext &context, AttachedDatabase &database) {
	return !database.IsSystem() && !database.IsTemporary() && !shim::sees(context, database.GetName());
}

void ask_for(ClientContext &context, const case_insensitive_set_t &databases) {
	for (auto &database : databases) {
		shim::ask(context, shim::Touch {shim::TouchKind::READS_DATABASE, database, {}});
	}
}

} // namespace

namespace shim {

void GuardState::begin_statement(ClientContext &context, SQLStatement &statement) {
	is_creating = planned(statement).type == StatementType::CREATE_STATEMENT;
	has_opened_hidden = false;
	opened_before.clear();
	if (context.transaction.HasActiveTransaction()) {
		for (auto &database : MetaTransaction::Get(context).OpenedTransactions()) {
			opened_before.insert(database.get().GetName());
		}
	}
}

void GuardState::note_opened(ClientContext &context) {
	case_insensitive_set_t hidden;
	for (auto &database : MetaTransaction::Get(context).OpenedTransactions()) {
		if (is_hidden(context, database)) {
			has_opened_hidden = true;
			if (opened_before.count(database.get().GetName()) == 0) {
				hidden.insert(database.get().GetName());
			}
		}
	}
	if (is_creating) {
		ask_for(context, hidden);
	}
}

void GuardState::refuse_hidden(ClientContext &context, const SQLStatement &statement) {
	if (!has_opened_hidden) {
		return;
	}
	auto copy = statement.Copy();
	optional_ptr<SQLStatement> bound = planned(*copy);
	if (is_creating) {
		bound = query_of(bound->Cast<CreateStatement>());
	}
	if (!bound) {
		return;
	}
	context.RunFunctionInTransaction(
	    [&] {
		    case_insensitive_set_t hidden;
		    case_insensitive_map_t<BoundParameterData> values;
		    BoundParameterMap parameters(values);
		    auto binder = Binder::CreateBinder(context);
		    binder->SetParameters(parameters);
		    binder->SetCatalogLookupCallback([&](CatalogEntry &entry) {
			    auto &database = entry.ParentCatalog().GetAttached();
			    if (entry.type != CatalogType::SCHEMA_ENTRY && is_hidden(context, database)) {
				    hidden.insert(database.GetName());
			    }
		    });
		    try {
			    binder->Bind(*bound);
		    } catch (const std::exception &) { // it has been bound once: what there was to find was found
		    }
		    ask_for(context, hidden);
	    },
	    false);
}

} // namespace shim
