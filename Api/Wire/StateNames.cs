using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Api.Wire;

/// <summary>The API's names for Core's enums. Names in the code may change, but names in the API must not.</summary>
internal static class StateNames
{
    private static readonly Dictionary<UploadState, string> States = new()
    {
        [UploadState.Open] = "open",
        [UploadState.Paused] = "paused",
        [UploadState.Completing] = "completing",
        [UploadState.Checking] = "checking",
        [UploadState.Completed] = "completed",
        [UploadState.Cancelled] = "cancelled",
        [UploadState.Expired] = "expired",
        [UploadState.Failed] = "failed",
        [UploadState.Deleted] = "deleted",
    };

    public static string AllStates { get; } = string.Join(", ", States.Values);

    public static string Of(UploadState state) => States[state];

    public static string Of(UploadProtocol protocol) => protocol switch
    {
        UploadProtocol.Session => "session",
        UploadProtocol.Put => "put",
        UploadProtocol.Tus => "tus",
        UploadProtocol.Ietf => "ietf",
        UploadProtocol.Transfer => "transfer",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol)),
    };

    public static string Of(ShareLinkKind kind) => kind == ShareLinkKind.Upload ? "upload" : "download";

    public static UploadState? State(string word)
    {
        foreach (var (state, text) in States)
        {
            if (text.Equals(word, StringComparison.OrdinalIgnoreCase))
                return state;
        }

        return null;
    }
}
