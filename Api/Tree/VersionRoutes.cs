using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>Shared parts of the endpoints for the versions of a file.</summary>
internal static class VersionRoutes
{
    public const string All = "/api/entries/{id}/versions";
    public const string One = All + "/{number}";

    public static void MapVersions(this IEndpointRouteBuilder routes)
    {
        ListVersions.Map(routes);
        GetVersionContent.Map(routes);
        RestoreVersion.Map(routes);
        NameVersion.Map(routes);
        RemoveVersion.Map(routes);
        ListPolicies.Map(routes);
    }

    /// <summary>Finds the file of the request.</summary>
    /// <param name="change">Whether the request changes its versions.</param>
    public static async Task<Result<PlacedEntry>> FileAsync(string id, HttpContext context, FileVersions versions, bool change) =>
        EntryId.TryParse(id, out var entry)
            ? await versions.FileAsync(context.Caller(), entry, change, context.RequestAborted)
            : TreeRefusals.NoEntry();

    /// <summary>Finds the file and reads the number of the version.</summary>
    public static async Task<(PlacedEntry? File, int Number, Refusal? Refusal)> FindAsync(
        string id, string number, HttpContext context, FileVersions versions, bool change)
    {
        var found = await FileAsync(id, context, versions, change);
        if (!found.Ok)
            return (null, 0, Refusal.Of(found.Failure));
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? (found.Value, value, null)
            : (null, 0, Refusal.Of(TreeRefusals.NoVersion()));
    }
}
