using System.Security.Cryptography;

namespace ChunkUpload.Core.Storage;

/// <summary>
/// 128 random bits. Guid.NewGuid fixes six of them, but an upload's id is a capability, so every bit must be unguessable.
/// </summary>
public static class FreshGuid
{
    public static Guid Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new Guid(bytes);
    }
}
