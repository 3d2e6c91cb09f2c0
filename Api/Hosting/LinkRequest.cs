using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Api.Hosting;

/// <summary>A request feature: the request was sent to an address below /l/{token}.</summary>
/// <param name="Token">Empty if the address contains no valid token.</param>
internal sealed record LinkRequest(string Token)
{
    public const string Root = "/l";

    /// <summary>The prefix of the service's paths in the link's address.</summary>
    public string Base => $"{Root}/{Token}";

    /// <summary>The link, whether or not it is valid; null if there is none.</summary>
    public HeldLink? Found { get; set; }
}
