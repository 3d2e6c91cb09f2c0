namespace ChunkUpload.Core.Uploads;

/// <summary>Tells how busy the ledger is.</summary>
public interface ILedgerLoad
{
    /// <summary>Records that wait for a transaction.</summary>
    int Waiting { get; }
}
