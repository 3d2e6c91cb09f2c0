namespace ChunkUpload.Core.Hosting;

/// <summary>Holds why the ledger records nothing although its server answers.</summary>
public sealed class LedgerHealth
{
    private volatile string? _trouble;

    /// <summary>Gets or sets the reason, for people; <c>null</c> if it records.</summary>
    public string? Trouble
    {
        get => _trouble;
        set => _trouble = value;
    }
}
