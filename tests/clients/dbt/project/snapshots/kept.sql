{% snapshot kept %}
{{ config(target_schema=target.schema, unique_key='id', strategy='check', check_cols=['amount']) }}
select id, region, amount from {{ ref('sales') }}
{% endsnapshot %}
