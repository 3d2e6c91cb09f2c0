namespace ChunkUpload.Core.Storage;

/// <summary>
/// Marks a call on the store or the ledger that changes nothing there. Every other call counts as one that does: the tests of crashes end
/// the process before each of them.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class QueryAttribute : Attribute;
