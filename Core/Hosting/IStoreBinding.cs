namespace ChunkUpload.Core.Hosting;

/// <summary>
/// Checks that this data directory and this ledger belong together. The start checks it before it creates anything, and refuses otherwise.
/// </summary>
public interface IStoreBinding
{
    /// <summary>
    /// Called when the operator asks for it: the start then accepts a data directory without stored files although the ledger names files
    /// in another one. Stored files that the ledger does not know are still refused.
    /// </summary>
    void AllowEmptyStore();
}
