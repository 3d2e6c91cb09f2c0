using System.Security.Cryptography;

namespace ChunkUpload.Core.Storage;

/// <summary>128 random bits. Guid.NewGuid fixes six of them, and an upload's id is a capability: all of it shall be unguessable.</summary>
public static class FreshGuid
{
    public static Guid Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new Guid(bytes);
    }
}
