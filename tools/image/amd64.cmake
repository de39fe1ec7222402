# The builder's own compiler.
set(STRIP strip)
