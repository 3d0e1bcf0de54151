// Where the columns of a result come from: each is followed down the bound plan, through projections and groupings
// that pass it on unchanged, to the scan of a table. Views are expanded in the plan, so it is their tables that are
// named. Deliberately absent: set operations and common table expressions, whose columns have no single origin here.
#include "guard.hpp"
#include "catalog/directory.hpp"

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"

#include <unordered_map>

using namespace duckdb;

namespace shim {

namespace {

class Sources {
public:
	explicit Sources(LogicalOperator &plan) {
		collect(plan);
	}

	unique_ptr<Origin> follow(ColumnBinding binding) const {
		// every step goes down the plan, so that it ends
		while (true) {
			auto entry = by_table_index.find(binding.table_index);
			if (entry == by_table_index.end()) {
				return nullptr;
			}
			auto &op = *entry->second;
			if (op.type == LogicalOperatorType::LOGICAL_GET) {
				return scanned(op.Cast<LogicalGet>(), binding.column_index);
			}
			auto &passed = op.type == LogicalOperatorType::LOGICAL_PROJECTION ? op.expressions
			                                                                  : op.Cast<LogicalAggregate>().groups;
			if (binding.column_index >= passed.size() ||
			    passed[binding.column_index]->GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) {
				return nullptr;
			}
			auto next = passed[binding.column_index]->Cast<BoundColumnRefExpression>().binding;
			if (next.table_index == binding.table_index) {
				return nullptr;
			}
			binding = next;
		}
	}

private:
	std::unordered_map<idx_t, LogicalOperator *> by_table_index;

	void collect(LogicalOperator &op) {
		switch (op.type) {
		case LogicalOperatorType::LOGICAL_GET:
			by_table_index[op.Cast<LogicalGet>().table_index] = &op;
			break;
		case LogicalOperatorType::LOGICAL_PROJECTION:
			by_table_index[op.Cast<LogicalProjection>().table_index] = &op;
			break;
		case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
			// a grouping set makes NULLs of its own
			if (op.Cast<LogicalAggregate>().grouping_sets.size() <= 1) {
				by_table_index[op.Cast<LogicalAggregate>().group_index] = &op;
			}
			break;
		default:
			break;
		}
		for (auto &child : op.children) {
			collect(*child);
		}
	}

	static unique_ptr<Origin> scanned(LogicalGet &get, idx_t column) {
		auto table = get.GetTable();
		auto &columns = get.GetColumnIds();
		if (!table || column >= columns.size() || columns[column].IsVirtualColumn()) {
			return nullptr;
		}
		auto origin = make_uniq<Origin>();
		origin->catalog = table->ParentCatalog().GetName();
		origin->schema = table->ParentSchema().name;
		origin->table = table->name;
		origin->table_oid = catalog::table_number(*table);
		origin->column_index = columns[column].GetPrimaryIndex();
		return origin;
	}
};

} // namespace

std::vector<unique_ptr<Origin>> list_origins(BoundStatement &statement) {
	std::vector<unique_ptr<Origin>> origins;
	if (!statement.plan) {
		return origins;
	}
	Sources sources(*statement.plan);
	for (auto &binding : statement.plan->GetColumnBindings()) {
		origins.push_back(sources.follow(binding));
	}
	return origins;
}

} // namespace shim
