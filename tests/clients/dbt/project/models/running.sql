{{ config(materialized='incremental', unique_key='id') }}
select id, amount, sold from {{ ref('sales') }}
{% if is_incremental() %} where sold >= (select max(sold) from {{ this }}) {% endif %}
