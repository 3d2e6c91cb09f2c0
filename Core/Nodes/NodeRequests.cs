using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Nodes;

/// <summary>The addresses of the requests between nodes.</summary>
public static class NodeRequests
{
    /// <summary>GET and HEAD with a file and a range: the bytes of a stored file.</summary>
    public const string Files = "/internal/files";

    /// <summary>GET with a file, an offset and a length: the digest of a range, taken from the device.</summary>
    public const string Digests = "/internal/digests";

    /// <summary>POST with a <see cref="StopMessage"/>: stops writers.</summary>
    public const string Stop = "/internal/writers/stop";

    /// <summary>POST with a <see cref="Events.MovedRequest"/>: what has moved.</summary>
    public const string Moved = "/internal/moved";

    /// <summary>POST with a <see cref="ForwardedRequest"/>: answers it as if the client had sent it here.</summary>
    public const string Forwarded = "/internal/requests";

    /// <summary>The parameter that has the bytes of a file read from the device.</summary>
    public const string FromDevice = "device";

    /// <summary>How what has moved is written: a figure of the advisor may be infinite.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string PathOf(string prefix, StoredFile file) => string.Create(
        CultureInfo.InvariantCulture, $"{prefix}/{file.Store:n}/{(int)file.Kind}/{file.Incarnation}/{file.Unique:n}");

    /// <summary>Returns the file that the rest of an address names, or null.</summary>
    public static StoredFile? FileOf(string rest) =>
        rest.Split('/') is ["", var store, var kind, var incarnation, var unique]
        && Guid.TryParseExact(store, "n", out var storeId)
        && int.TryParse(kind, NumberStyles.None, CultureInfo.InvariantCulture, out var kindNumber)
        && Enum.IsDefined((StoredFileKind)kindNumber)
        && long.TryParse(incarnation, NumberStyles.None, CultureInfo.InvariantCulture, out var incarnationNumber)
        && Guid.TryParseExact(unique, "n", out var id)
            ? new StoredFile(storeId, (StoredFileKind)kindNumber, incarnationNumber, id)
            : null;
}
