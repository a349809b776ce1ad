# Other programs that keep copies in step, as far as they are installed. Sourced by Scripts/bench.

peers_of() { :; }
