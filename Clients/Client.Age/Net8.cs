#if !NET9_0_OR_GREATER
// .NET 8 has no locks of their own type yet.
global using Lock = object;
#endif
