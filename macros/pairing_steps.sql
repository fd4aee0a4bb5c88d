{#- Live orders, then archived ones, then keys whose creation is open or was refused; the guesses come last, and only for
    orders that the source had at the build before. Equal quantities come before the others of a class; rows that are alike in
    all that is pushed first of all keep the sizes that the board shows. -#}
{% macro pairing_steps() -%}
    {%- set compared = ['WHOLE_CLASS', 'PO_CLASS', 'COLOUR_CLASS'] -%}
    {%- set steps = [{'class': 'SIZES_CLASS', 'by_quantity': true, 'orders': 'POOL = 1'}] -%}
    {%- for class in ['HASH_CLASS', 'BEFORE_CLASS'] + compared -%}
        {%- do steps.append({'class': class, 'by_quantity': true, 'orders': 'POOL = 1'}) -%}
        {%- do steps.append({'class': class, 'by_quantity': false, 'orders': 'POOL = 1'}) -%}
    {%- endfor -%}
    {%- for class in ['HASH_CLASS'] + compared -%}
        {%- do steps.append({'class': class, 'by_quantity': true, 'orders': 'POOL = 2'}) -%}
        {%- do steps.append({'class': class, 'by_quantity': false, 'orders': 'POOL = 2'}) -%}
    {%- endfor -%}
    {%- do steps.append({'class': 'HASH_CLASS', 'by_quantity': false, 'orders': 'POOL = 3'}) -%}
    {%- do steps.append({'class': 'STYLE_CLASS', 'by_quantity': true, 'orders': 'IS_LISTED = 1'}) -%}
    {%- do steps.append({'class': 'STYLE_CLASS', 'by_quantity': false, 'orders': 'IS_LISTED = 1'}) -%}
    {%- do steps.append({'class': none, 'by_quantity': false, 'orders': 'IS_LISTED = 1'}) -%}
    {%- set alike = {
        'SIZES_CLASS': 'equal values and sizes', 'HASH_CLASS': 'equal values', 'BEFORE_CLASS': 'equal values at the build before',
        'WHOLE_CLASS': 'equal style, colour, POs, delivery method and destination', 'PO_CLASS': 'equal style, colour and PO',
        'COLOUR_CLASS': 'equal style and colour', 'STYLE_CLASS': 'equal style',
    } -%}
    {%- for step in steps -%}
        {%- set words = alike[step.class] if step.class else 'the only row and the only order left of the number' -%}
        {%- do step.update(said=words ~ (' and quantity' if step.by_quantity else '')) -%}
    {%- endfor -%}
    {{ return(steps) }}
{%- endmacro %}
