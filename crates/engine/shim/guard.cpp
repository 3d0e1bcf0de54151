// The walk over a bound plan. It sees what no text check can: views, macros and query() are expanded here.
// What hangs outside a plan's expressions is walked by hand: INSERT's and UPDATE's defaults and constraints,
// CREATE TABLE's columns, ALTER's expressions, lambdas inside a function's bind data. Plain relational
// operators are not listed; an operator this file does not know is listed as OTHER.
#include "guard.hpp"

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_path_and_type.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/parser/parsed_data/copy_database_info.hpp"
#include "duckdb/parser/parsed_data/create_macro_info.hpp"
#include "duckdb/parser/parsed_data/create_sequence_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_data/create_type_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_data/detach_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/parser/parsed_data/load_info.hpp"
#include "duckdb/parser/parsed_data/transaction_info.hpp"
#include "duckdb/parser/parsed_data/update_extensions_info.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/list.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"

using namespace duckdb;

namespace shim {

namespace {

template <class MAP>
void add_named(std::vector<std::string> &arguments, const MAP &values) {
	std::set<std::string> sorted; // the maps are hashed: keep the list stable
	for (auto &entry : values) {
		sorted.insert(entry.first + "=" + entry.second.ToString());
	}
	arguments.insert(arguments.end(), sorted.begin(), sorted.end());
}

template <class VALUES>
std::vector<std::string> as_text(const VALUES &values) {
	std::vector<std::string> result;
	for (auto &value : values) {
		result.push_back(value.ToString());
	}
	return result;
}

std::string scope_name(SetScope scope) {
	switch (scope) {
	case SetScope::LOCAL:
		return "local";
	case SetScope::SESSION:
		return "session";
	case SetScope::GLOBAL:
		return "global";
	case SetScope::VARIABLE:
		return "variable";
	case SetScope::AUTOMATIC:
		return "automatic";
	}
	return "unknown";
}

} // namespace

std::vector<std::string> call_arguments(const vector<Value> &parameters, const named_parameter_map_t &named) {
	auto arguments = as_text(parameters);
	add_named(arguments, named);
	return arguments;
}

void Walk::plan(LogicalOperator &op) {
	operator_itself(op);
	LogicalOperatorVisitor::EnumerateExpressions(op, [&](unique_ptr<Expression> *child) {
		if (*child) {
			expression(**child);
		}
	});
	for (auto &child : op.children) {
		if (child) {
			plan(*child);
		}
	}
}

void Walk::properties(const StatementProperties &properties) {
	std::set<std::string> read, written;
	for (auto &entry : properties.read_databases) {
		read.insert(entry.first);
	}
	for (auto &entry : properties.modified_databases) {
		written.insert(entry.first);
	}
	for (auto &name : read) {
		add(TouchKind::READS_DATABASE, name);
	}
	for (auto &name : written) {
		add(TouchKind::WRITES_DATABASE, name);
	}
}

void Walk::add(TouchKind kind, std::string name, Arguments arguments) {
	Touch touch {kind, std::move(name), std::move(arguments)};
	if (seen.insert(touch).second) {
		touches.push_back(std::move(touch));
	}
}

void Walk::add_table(TouchKind kind, const TableCatalogEntry &table) {
	add(kind, table.name,
	    {table.ParentCatalog().GetName(), table.ParentSchema().name, std::to_string(table.oid)});
}

// ------------------------------------------------------------------------------------------ operators

void Walk::operator_itself(LogicalOperator &op) {
	switch (op.type) {
	case LogicalOperatorType::LOGICAL_PROJECTION:
	case LogicalOperatorType::LOGICAL_FILTER:
	case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
	case LogicalOperatorType::LOGICAL_WINDOW:
	case LogicalOperatorType::LOGICAL_UNNEST:
	case LogicalOperatorType::LOGICAL_LIMIT:
	case LogicalOperatorType::LOGICAL_ORDER_BY:
	case LogicalOperatorType::LOGICAL_TOP_N:
	case LogicalOperatorType::LOGICAL_DISTINCT:
	case LogicalOperatorType::LOGICAL_SAMPLE:
	case LogicalOperatorType::LOGICAL_CHUNK_GET:
	case LogicalOperatorType::LOGICAL_DELIM_GET:
	case LogicalOperatorType::LOGICAL_EXPRESSION_GET:
	case LogicalOperatorType::LOGICAL_DUMMY_SCAN:
	case LogicalOperatorType::LOGICAL_EMPTY_RESULT:
	case LogicalOperatorType::LOGICAL_CTE_REF:
	case LogicalOperatorType::LOGICAL_JOIN:
	case LogicalOperatorType::LOGICAL_DELIM_JOIN:
	case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
	case LogicalOperatorType::LOGICAL_ANY_JOIN:
	case LogicalOperatorType::LOGICAL_CROSS_PRODUCT:
	case LogicalOperatorType::LOGICAL_POSITIONAL_JOIN:
	case LogicalOperatorType::LOGICAL_ASOF_JOIN:
	case LogicalOperatorType::LOGICAL_UNION:
	case LogicalOperatorType::LOGICAL_EXCEPT:
	case LogicalOperatorType::LOGICAL_INTERSECT:
	case LogicalOperatorType::LOGICAL_RECURSIVE_CTE:
	case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
		return;
	// What EnumerateExpressions leaves out of them:
	case LogicalOperatorType::LOGICAL_PIVOT:
		return expressions(op.Cast<LogicalPivot>().bound_pivot.aggregates);
	case LogicalOperatorType::LOGICAL_DEPENDENT_JOIN:
		if (auto &condition = op.Cast<LogicalDependentJoin>().join_condition) {
			expression(*condition);
		}
		return;
	case LogicalOperatorType::LOGICAL_GET:
		return get(op.Cast<LogicalGet>());
	case LogicalOperatorType::LOGICAL_INSERT:
	case LogicalOperatorType::LOGICAL_UPDATE:
	case LogicalOperatorType::LOGICAL_DELETE:
	case LogicalOperatorType::LOGICAL_MERGE_INTO:
		return modification(op);
	case LogicalOperatorType::LOGICAL_CREATE_TABLE:
	case LogicalOperatorType::LOGICAL_CREATE_INDEX:
	case LogicalOperatorType::LOGICAL_CREATE_SECRET:
	case LogicalOperatorType::LOGICAL_CREATE_SEQUENCE:
	case LogicalOperatorType::LOGICAL_CREATE_VIEW:
	case LogicalOperatorType::LOGICAL_CREATE_SCHEMA:
	case LogicalOperatorType::LOGICAL_CREATE_MACRO:
	case LogicalOperatorType::LOGICAL_CREATE_TYPE:
		return creation(op);
	default:
		return utility(op);
	}
}

void Walk::get(LogicalGet &get) {
	auto table = get.GetTable();
	if (table) {
		add_table(TouchKind::TABLE_SCAN, *table);
		// the table's own generated columns are in the plan's expressions already
		if (get.parameters.empty() && get.named_parameters.empty()) {
			return;
		}
	}
	auto arguments = call_arguments(get.parameters, get.named_parameters);
	if (get.parameters.empty()) { // COPY FROM has its files only here
		if (auto files = dynamic_cast<MultiFileBindData *>(get.bind_data.get())) {
			for (auto &file : files->file_list->GetDisplayFileList()) {
				arguments.push_back(file.path);
			}
		}
	}
	add(TouchKind::TABLE_FUNCTION, get.function.name, std::move(arguments));
}

void Walk::modification(LogicalOperator &op) {
	switch (op.type) {
	case LogicalOperatorType::LOGICAL_INSERT: {
		auto &insert = op.Cast<LogicalInsert>();
		add_table(TouchKind::INSERT, insert.table);
		expressions(insert.bound_defaults);
		constraints(insert.bound_constraints);
		for (auto &row : insert.insert_values) {
			expressions(row);
		}
		if (insert.on_conflict_info.action_type == OnConflictAction::UPDATE ||
		    insert.on_conflict_info.action_type == OnConflictAction::REPLACE) {
			add_table(TouchKind::UPDATE, insert.table);
		}
		return;
	}
	case LogicalOperatorType::LOGICAL_UPDATE: {
		auto &update = op.Cast<LogicalUpdate>();
		add_table(TouchKind::UPDATE, update.table);
		expressions(update.bound_defaults);
		constraints(update.bound_constraints);
		return;
	}
	case LogicalOperatorType::LOGICAL_DELETE: {
		auto &erase = op.Cast<LogicalDelete>();
		add_table(TouchKind::DELETE_ROWS, erase.table);
		constraints(erase.bound_constraints);
		return;
	}
	default: {
		auto &merge = op.Cast<LogicalMergeInto>(); // its actions' expressions are enumerated with the others
		add_table(TouchKind::MERGE, merge.table);
		expressions(merge.bound_defaults);
		constraints(merge.bound_constraints);
		return;
	}
	}
}

void Walk::creation(LogicalOperator &op) {
	switch (op.type) {
	case LogicalOperatorType::LOGICAL_CREATE_TABLE: {
		auto &create = op.Cast<LogicalCreateTable>();
		auto &base = create.info->Base();
		add_created(TouchKind::CREATE_TABLE, base.table, base, create.schema);
		table_definition(base, create.info->constraints);
		if (create.info->query) {
			plan(*create.info->query);
		}
		return;
	}
	case LogicalOperatorType::LOGICAL_CREATE_INDEX: {
		auto &create = op.Cast<LogicalCreateIndex>();
		auto &table = create.table;
		add(TouchKind::CREATE_INDEX, create.info->index_name,
		    {table.ParentCatalog().GetName(), table.ParentSchema().name, table.name, create.info->index_type});
		expressions(create.unbound_expressions);
		return;
	}
	case LogicalOperatorType::LOGICAL_CREATE_SECRET: {
		auto &input = op.Cast<LogicalCreateSecret>().secret_input; // its options are secret: not listed
		add(TouchKind::CREATE_SECRET, input.name, {input.type, input.provider, input.storage_type});
		return;
	}
	default: {
		auto &create = op.Cast<LogicalCreate>();
		simple_creation(op.type, *create.info, create.schema);
		return;
	}
	}
}

void Walk::simple_creation(LogicalOperatorType type, CreateInfo &info, optional_ptr<SchemaCatalogEntry> schema) {
	switch (type) {
	case LogicalOperatorType::LOGICAL_CREATE_SEQUENCE:
		return add_created(TouchKind::CREATE_SEQUENCE, info.Cast<CreateSequenceInfo>().name, info, schema);
	case LogicalOperatorType::LOGICAL_CREATE_VIEW:
		return add_created(TouchKind::CREATE_VIEW, info.Cast<CreateViewInfo>().view_name, info, schema);
	case LogicalOperatorType::LOGICAL_CREATE_SCHEMA:
		return add_created(TouchKind::CREATE_SCHEMA, info.schema, info, schema);
	case LogicalOperatorType::LOGICAL_CREATE_MACRO:
		return add_created(TouchKind::CREATE_MACRO, info.Cast<CreateFunctionInfo>().name, info, schema);
	default:
		return add_created(TouchKind::CREATE_TYPE, info.Cast<CreateTypeInfo>().name, info, schema);
	}
}

void Walk::add_created(TouchKind kind, const std::string &name, const CreateInfo &info,
                 optional_ptr<SchemaCatalogEntry> schema) {
	Arguments arguments;
	if (schema) {
		arguments = {schema->ParentCatalog().GetName(), schema->name};
	} else {
		arguments = {info.catalog, info.schema};
	}
	if (info.temporary) {
		arguments.push_back("temporary");
	}
	add(kind, name, std::move(arguments));
}

void Walk::utility(LogicalOperator &op) {
	switch (op.type) {
	case LogicalOperatorType::LOGICAL_COPY_TO_FILE: {
		auto &copy = op.Cast<LogicalCopyToFile>();
		Arguments arguments {copy.file_path};
		add(TouchKind::COPY_TO, copy.copy_info ? copy.copy_info->format : copy.function.name, arguments);
		return;
	}
	case LogicalOperatorType::LOGICAL_COPY_DATABASE:
		return add(TouchKind::COPY_DATABASE, op.Cast<LogicalCopyDatabase>().info->target_database);
	case LogicalOperatorType::LOGICAL_EXPORT: {
		auto &export_ = op.Cast<LogicalExport>();
		return add(TouchKind::EXPORT, export_.copy_info->format, {export_.copy_info->file_path});
	}
	case LogicalOperatorType::LOGICAL_PRAGMA: {
		auto &info = *op.Cast<LogicalPragma>().info;
		auto arguments = as_text(info.parameters);
		add_named(arguments, info.named_parameters);
		return add(TouchKind::PRAGMA, info.function.name, std::move(arguments));
	}
	case LogicalOperatorType::LOGICAL_SET: {
		auto &set = op.Cast<LogicalSet>();
		auto kind = set.scope == SetScope::VARIABLE ? TouchKind::SET_VARIABLE : TouchKind::SET;
		return add(kind, StringUtil::Lower(set.name), {set.value.ToString(), scope_name(set.scope)});
	}
	case LogicalOperatorType::LOGICAL_RESET: {
		auto &reset = op.Cast<LogicalReset>();
		auto kind = reset.scope == SetScope::VARIABLE ? TouchKind::SET_VARIABLE : TouchKind::RESET;
		return add(kind, StringUtil::Lower(reset.name), {scope_name(reset.scope)});
	}
	case LogicalOperatorType::LOGICAL_EXPLAIN: {
		auto analyze = op.Cast<LogicalExplain>().explain_type == ExplainType::EXPLAIN_ANALYZE;
		return add(TouchKind::EXPLAIN, analyze ? "analyze" : "plan");
	}
	case LogicalOperatorType::LOGICAL_PREPARE:
		return add(TouchKind::PREPARE, op.Cast<LogicalPrepare>().name);
	case LogicalOperatorType::LOGICAL_EXECUTE:
		return add(TouchKind::EXECUTE, "");
	case LogicalOperatorType::LOGICAL_VACUUM: {
		auto &vacuum = op.Cast<LogicalVacuum>();
		add(TouchKind::VACUUM, vacuum.GetInfo().options.analyze ? "analyze" : "vacuum");
		if (vacuum.HasTable()) {
			add_table(TouchKind::TABLE_SCAN, vacuum.GetTable());
		}
		return;
	}
	case LogicalOperatorType::LOGICAL_EXTENSION_OPERATOR:
		return add(TouchKind::OTHER, op.Cast<LogicalExtensionOperator>().GetExtensionName(), {op.GetName()});
	default:
		return simple(op);
	}
}

void Walk::simple(LogicalOperator &op) {
	switch (op.type) {
	case LogicalOperatorType::LOGICAL_ALTER: {
		auto &info = op.Cast<LogicalSimple>().info->Cast<AlterInfo>();
		add(TouchKind::ALTER, info.name, {info.catalog, info.schema, CatalogTypeToString(info.GetCatalogType())});
		return alteration(info);
	}
	case LogicalOperatorType::LOGICAL_DROP: {
		auto &info = op.Cast<LogicalSimple>().info->Cast<DropInfo>();
		return add(TouchKind::DROP, info.name, {info.catalog, info.schema, CatalogTypeToString(info.type)});
	}
	case LogicalOperatorType::LOGICAL_TRANSACTION: {
		auto &info = op.Cast<LogicalSimple>().info->Cast<TransactionInfo>();
		return add(TouchKind::TRANSACTION, info.ToString());
	}
	case LogicalOperatorType::LOGICAL_ATTACH: {
		auto &info = op.Cast<LogicalSimple>().info->Cast<AttachInfo>();
		Arguments arguments {info.path};
		add_named(arguments, info.options);
		auto path = info.path;
		std::string type;
		DBPathAndType::ExtractExtensionPrefix(path, type);
		auto name = info.name.empty() ? AttachedDatabase::ExtractDatabaseName(path, FileSystem::GetFileSystem(context))
		                              : info.name;
		return add(TouchKind::ATTACH, name, std::move(arguments));
	}
	case LogicalOperatorType::LOGICAL_DETACH:
		return add(TouchKind::DETACH, op.Cast<LogicalSimple>().info->Cast<DetachInfo>().name);
	case LogicalOperatorType::LOGICAL_LOAD: {
		auto &info = op.Cast<LogicalSimple>().info->Cast<LoadInfo>();
		const char *how = info.load_type == LoadType::LOAD      ? "load"
		                  : info.load_type == LoadType::INSTALL ? "install"
		                                                        : "force install";
		return add(TouchKind::LOAD, info.filename, {how, info.repository});
	}
	case LogicalOperatorType::LOGICAL_UPDATE_EXTENSIONS: {
		auto &info = op.Cast<LogicalSimple>().info->Cast<UpdateExtensionsInfo>();
		for (auto &name : info.extensions_to_update) {
			add(TouchKind::LOAD, name, {"update"});
		}
		return add(TouchKind::LOAD, "", {"update"});
	}
	default:
		return add(TouchKind::OTHER, LogicalOperatorToString(op.type), {op.GetName()});
	}
}

std::vector<Touch> list_touches(Binder &binder, BoundStatement &statement) {
	Walk walk(binder.context);
	if (statement.plan) {
		walk.plan(*statement.plan);
	}
	walk.properties(binder.GetStatementProperties());
	return std::move(walk.touches);
}

} // namespace shim
