-- Makes room for a view of ours that is made anew.
drop view if exists {{ target }}
