using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>Copies that the store makes by itself. The same copy again makes the same object.</summary>
internal sealed partial class S3Sink
{
    public async Task<Outcome<SinkEntry>?> CopyInsideAsync(SourceItem found, SinkFile file, CancellationToken cancellationToken)
    {
        if (S3Key.Parse(found.Id, client.Settings) is not { IsFolder: false } from || KeyOf(file) is not { } key
            || found.Pin is not { } pin)
            return null;
        var seen = await SeenAsync(from, pin, cancellationToken);
        if (!seen.Ok)
            return PassedOn(seen.Fault);
        var original = seen.Value with { Version = S3Items.Read(pin).Version };
        string? match = null;
        if (file.Replaces is not null)
        {
            var there = await EntryAsync(key, cancellationToken);
            if (!there.Ok)
                return PassedOn(there.Fault);
            match = S3Items.Read(there.Value.Pin!).Tag;
        }

        var fault = await _copies.CopyAsync(original, key, match, cancellationToken, TimeOf(file) ?? "");
        if (fault is { Kind: not FaultKind.Taken })
            return PassedOn(fault);
        var made = await EntryAsync(key, cancellationToken);
        if (!made.Ok)
            return PassedOn(made.Fault);
        // The name was taken: by an earlier attempt whose answer was lost, or by another object, beside which the bytes are sent.
        if (fault is null || (made.Value.Size == found.Size && S3Items.Read(made.Value.Pin!).Tag == original.Tag))
            return made.Value;
        return null;
    }

    /// <summary>A failure that sending the bytes would meet, too; <c>null</c>: the bytes are sent, which says more.</summary>
    private static Outcome<SinkEntry>? PassedOn(StorageFault fault)
    {
        if (fault.Kind is FaultKind.Taken or FaultKind.Gone or FaultKind.Refused)
            return null;
        return fault;
    }
}
