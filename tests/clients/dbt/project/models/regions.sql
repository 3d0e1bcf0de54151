{{ config(materialized='view') }}
select distinct region from {{ ref('sales') }}
