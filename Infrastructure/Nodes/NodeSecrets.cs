using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Infrastructure.Access;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Nodes;

/// <summary>The secrets that the data directories of all nodes have in common.</summary>
internal sealed class NodeSecrets(CookieSecret cookies, IOperatorKeyFile operatorKey) : INodeSecrets
{
    private const string OperatorKeyName = "operator.key";
    private const string CookieKeyName = "cookie.key";

    public byte[] RequestKey() => cookies.Derive("ChunkUpload requests between nodes");

    public IReadOnlyDictionary<string, string> Digests() => new Dictionary<string, string>
    {
        [OperatorKeyName] = Paths.Look(operatorKey.Path) is null ? "" : DigestOf(operatorKey.ReadOrCreate("").Trim()),
        [CookieKeyName] = Paths.Look(cookies.Path) is null ? "" : Convert.ToHexStringLower(cookies.Derive("ChunkUpload digest")),
    };

    // The key has enough random bits that its digest tells nothing.
    private static string DigestOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
