namespace ChunkUpload.Core.Hosting;

/// <summary>
/// That this data directory and this ledger belong together. The start looks at it before anything is made, and refuses otherwise.
/// </summary>
public interface IStoreBinding
{
    /// <summary>
    /// The operator has asked for it: the start takes a data directory without stored files though the ledger names files elsewhere. Stored
    /// files that the ledger does not know are refused all the same.
    /// </summary>
    void AllowEmptyStore();
}
