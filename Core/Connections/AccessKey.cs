using System.Text.Json;

namespace ChunkUpload.Core.Connections;

/// <summary>What opens a storage that signs requests with a shared secret.</summary>
/// <param name="Id">Not secret by itself: it comes with each request.</param>
public sealed record AccessKey(string Id, string Secret)
{
    public ConnectionSecret ToSecret() => new(SecretKind.AccessKey, JsonSerializer.Serialize(this), null, null);

    /// <summary>Null: the secret is of another kind, or cannot be read.</summary>
    public static AccessKey? Of(ConnectionSecret secret)
    {
        if (secret.Kind != SecretKind.AccessKey)
            return null;
        try
        {
            return JsonSerializer.Deserialize<AccessKey>(secret.Value) is { Id.Length: > 0, Secret.Length: > 0 } key ? key : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // A record prints its members, and a log must not have them.
    public override string ToString() => nameof(AccessKey);
}
