using System.Collections.Concurrent;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Audit;

/// <summary>Records downloads in the audit: one row for each file, caller and hour, however many ranges are requested.</summary>
public sealed class Downloads(IAuditLedger ledger, TimeProvider time)
{
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<(string Subject, string Upload, int Hour), byte> _noted = new();

    public async ValueTask NoteAsync(Caller caller, string upload, string name, CancellationToken cancellationToken)
    {
        var hour = (int)(time.GetUtcNow().ToUnixTimeSeconds() / 3600);
        var key = (caller.Subject, upload, hour);
        if (_noted.ContainsKey(key))
            return;
        await ledger.AddDownloadAsync(caller.Tenant, upload, name, hour, cancellationToken);
        if (_noted.Count >= Most)
            _noted.Clear();
        _noted[key] = 0;
    }
}
