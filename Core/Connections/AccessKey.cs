using System.Text.Json;

namespace ChunkUpload.Core.Connections;

/// <summary>The credentials of a storage whose requests are signed with a shared secret.</summary>
/// <param name="Id">Not secret: each request contains it.</param>
public sealed record AccessKey(string Id, string Secret)
{
    public ConnectionSecret ToSecret() => new(SecretKind.AccessKey, JsonSerializer.Serialize(this), null, null);

    /// <summary>Reads an access key from a secret; returns null if the secret is of another kind or cannot be read.</summary>
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

    // The default implementation would write secret members to logs.
    public override string ToString() => nameof(AccessKey);
}
