#if !NET9_0_OR_GREATER
namespace ChunkUpload.Wire;

/// <summary>Members that .NET 8 does not have.</summary>
internal static class Net8
{
    extension(Convert)
    {
        public static string ToHexStringLower(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
    }
}
#endif
