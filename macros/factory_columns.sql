{#- What the factory writes beside each size: the name under which it is shown here, and the title on the subitem board. -#}
{% macro factory_columns() -%}
    {{ return([
        {'name': 'CUT', 'title': 'Cut Qty'},
        {'name': 'SEW', 'title': 'Sew Qty'},
        {'name': 'FINISHING', 'title': 'Finishing Qty'},
        {'name': 'RECEIVED', 'title': 'Received not Shipped Qty'},
        {'name': 'PACKED', 'title': 'Packed Qty'},
        {'name': 'SHIPPED', 'title': 'Shipped Qty'},
    ]) }}
{%- endmacro %}
