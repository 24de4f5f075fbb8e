#if DEBUG
/// Whether this is the debug build, about 18 times slower: heavy tests are for the release build.
package let isDebug = true
#else
/// Whether this is the debug build, about 18 times slower: heavy tests are for the release build.
package let isDebug = false
#endif
