using ChunkUpload.Api.Files;
using ChunkUpload.Api.Resumable.Wire;

namespace ChunkUpload.Api.Resumable;

/// <summary>The protocol's state that later requests require, which is stored with the upload (R1, R58).</summary>
internal static class ProtocolState
{
    private const string Interop = "interop";
    private const string Method = "method";
    private const string Target = "target";
    private const string WantDigest = "want-digest";

    public static IReadOnlyDictionary<string, string> Of(Dialect dialect, HttpRequest request, string? coding)
    {
        var state = new Dictionary<string, string>(5, StringComparer.Ordinal)
        {
            [Interop] = dialect.StateValue,
            [Method] = request.Method,
            // Without the query, which may contain secrets.
            [Target] = request.Path.ToUriComponent(),
        };
        if (coding is not null)
            state[FileContent.CodingKey] = coding;
        if (WantDigestField.WantsSha256(request.Headers[ResumableHeaders.WantReprDigest]))
            state[WantDigest] = "sha-256";
        return state;
    }

    public static Dialect DialectOf(Upload upload) => Dialect.OfState(upload.ProtocolState.GetValueOrDefault(Interop));

    public static bool WantsDigest(Upload upload) => upload.ProtocolState.ContainsKey(WantDigest);
}
