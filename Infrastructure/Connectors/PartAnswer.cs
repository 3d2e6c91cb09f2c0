using System.IO.Pipelines;
using System.Net;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors;

/// <summary>Handles responses with a part of a file's content.</summary>
internal static class PartAnswer
{
    /// <summary>Returns a fault unless the response is exactly the requested range.</summary>
    /// <param name="storage">The display name of the storage.</param>
    public static StorageFault? Fault(HttpResponseMessage answer, SourceItem item, long offset, long length, string storage)
    {
        var headers = answer.Content.Headers;
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            return offset == 0 && length == item.Size && headers.ContentLength == length
                ? null
                : new StorageFault(FaultKind.Transient, $"{storage} sent the whole file in place of a part.");
        }

        return headers.ContentRange is { } range && range.From == offset && range.To == offset + length - 1
            && (range.Length is not { } total || total == item.Size)
                ? null
                : new StorageFault(FaultKind.Transient, $"{storage} sent another part than was asked for.");
    }

    /// <summary>Copies the given number of bytes, or stops early when the reader has completed.</summary>
    public static async Task<StorageFault?> CopyAsync(
        HttpResponseMessage answer, long length, PipeWriter into, string storage, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            for (var left = length; left > 0;)
            {
                var memory = into.GetMemory();
                var read = await body.ReadAsync(memory[..(int)Math.Min(memory.Length, left)], cancellationToken);
                if (read == 0)
                    return new StorageFault(FaultKind.Transient, $"{storage} broke off a download.");
                into.Advance(read);
                left -= read;
                if ((await into.FlushAsync(cancellationToken)).IsCompleted)
                    return null;
            }

            return null;
        }
        catch (Exception reason) when (NetworkFaults.Of(reason) is { } broken)
        {
            return broken;
        }
    }
}
