select region, count(*) as sales, sum(amount) as amount from {{ ref('sales') }} group by region
