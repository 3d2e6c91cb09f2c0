using System.Buffers;
using System.Text;
using System.Text.Json;

namespace ChunkUpload.Api.Lists;

/// <summary>
/// Limits the size of the pages of all lists: a page ends at this size or at its number of rows, whichever comes first, and then has a
/// cursor. Items contain whole paths and texts of users, so a page that is only limited by a count could have hundreds of megabytes. The
/// ledger's functions stop at 8 MiB of paths, and at 1 MiB of the events of a project.
/// </summary>
internal static class PageWeight
{
    /// <summary>The maximum size of a page, in bytes of JSON. The first item is never left out.</summary>
    public const long Most = 1 << 20;

    /// <summary>The approximate size of an item without its names and its path.</summary>
    public const int BytesOfRest = 512;

    /// <summary>Returns the number of found items that fit on the page: at most its limit, and at least one.</summary>
    /// <param name="lengthOf">The length of an item's texts, in UTF-8.</param>
    public static int Fitting<T>(IReadOnlyList<T> found, int limit, Func<T, long> lengthOf)
    {
        long bytes = 0;
        for (var i = 0; i < found.Count && i < limit; i++)
        {
            bytes += lengthOf(found[i]) + BytesOfRest;
            if (bytes > Most)
                return Math.Max(i, 1);
        }

        return Math.Min(found.Count, limit);
    }

    /// <summary>Returns the first items that fit on a page, measured as JSON: at least one if there is any.</summary>
    public static List<T> Fitting<T>(IEnumerable<T> items)
    {
        var type = ApiJson.TypeOf<T>();
        var (fitting, bytes) = (new List<T>(), 0L);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true });
        foreach (var item in items)
        {
            JsonSerializer.Serialize(writer, item, type);
            bytes += writer.BytesCommitted + writer.BytesPending;
            if (bytes > Most && fitting.Count > 0)
                break;
            fitting.Add(item);
            buffer.ResetWrittenCount();
            writer.Reset();
        }

        return fitting;
    }

    public static long LengthOf(IReadOnlyList<string> path)
    {
        long bytes = path.Count;
        foreach (var name in path)
            bytes += Encoding.UTF8.GetByteCount(name);
        return bytes;
    }
}
