// Nothing: this program only holds the precompiled catch2/catch.hpp that every test program uses. It is a
// program and not a library because the two are compiled with different options.
int main() {}
