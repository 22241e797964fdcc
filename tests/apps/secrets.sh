# The secrets of a run: from the kernel, kept in this shell, handed on through pipes. `printf` is the shell's
# own, so they are never the argument of a process, and nothing here is exported.

# random CHARACTERS LENGTH
random() { head -c 4096 /dev/urandom | LC_ALL=C tr -dc "$1" | cut -c "1-$2"; }

# A seed of one-time codes: base32, 160 bits.
random_seed() { random 'A-Z2-7' 32; }
