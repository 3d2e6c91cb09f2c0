using System.Text.Json;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>An upload that goes on after a kill. It is stored as text.</summary>
/// <param name="Id">The store's id of an upload by parts; null: the object is written by one request.</param>
/// <param name="PartSize">All parts but the last have this size, because some stores take no others.</param>
/// <param name="Checksums">Whether the store has said that it keeps SHA-256 of parts.</param>
internal sealed record S3Upload(string Bucket, string Key, string? Id, long PartSize, bool Checksums)
{
    public S3Key Object => new(Bucket, Key);

    public override string ToString() => JsonSerializer.Serialize(this);

    /// <summary>Null: it is none of this connector's.</summary>
    public static S3Upload? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<S3Upload>(text) is { PartSize: > 0 } upload ? upload : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
