using System.Text.RegularExpressions;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>
/// The names of spaces below /dav: own, shared, the name of a team, or an id. The name of a team is followed by eight digits of its id if
/// it could be confused with another name.
/// </summary>
internal sealed partial class DavSpaces(FileTree tree, ITreeLedger ledger)
{
    private const string Shared = "shared";
    private const string Own = "own";

    /// <param name="change">Whether the request changes the space.</param>
    public async Task<(EntryId Space, UploadFailure? Failure)> FindAsync(
        Caller caller, string name, bool change, CancellationToken cancellationToken)
    {
        if (name == Shared && !caller.IsGuest)
            return (await tree.DefaultSpaceAsync(caller, cancellationToken), null);
        if (name == Own && caller.User is not null)
            return (await ledger.OwnSpaceAsync(caller, cancellationToken), null);
        if (EntryId.TryParse(name, out var id))
        {
            var space = await tree.SpaceAsync(caller, id, change, cancellationToken);
            return (id, space.Failure);
        }

        var spaces = await ledger.SpacesAsync(caller, cancellationToken);
        foreach (var (shown, space) in Named(caller, spaces))
        {
            if (shown == name)
                return (space.Id, change && !space.CanChange ? TreeRefusals.ReadOnly() : null);
        }

        return (default, spaces.Any(space => space.Kind == "team" && space.Name == name)
            ? new UploadFailure(
                UploadError.NameTaken, "Several spaces have this name; their addresses have eight digits of their ids behind it.")
            : new UploadFailure(UploadError.NoEntry, "There is no space of this name that you may see; /dav/ lists the spaces."));
    }

    /// <summary>Returns the spaces that the caller uses. Spaces of other users can only be addressed by their ids.</summary>
    public async Task<IReadOnlyList<(string Name, Space Space)>> ListAsync(Caller caller, CancellationToken cancellationToken) =>
        Named(caller, await tree.SpacesAsync(caller, cancellationToken));

    private static List<(string Name, Space Space)> Named(Caller caller, IReadOnlyList<Space> spaces)
    {
        var teams = spaces.Where(space => space.Kind == "team").ToLookup(space => space.Name, StringComparer.Ordinal);
        var named = new List<(string, Space)>(spaces.Count);
        foreach (var space in spaces)
        {
            switch (space.Kind)
            {
                case "shared":
                    named.Add((Shared, space));
                    break;
                case "own":
                    if (space.Owner == caller.Subject)
                        named.Add((Own, space));
                    break;
                default:
                    named.Add((NameOf(space, alone: teams[space.Name].Take(2).Count() == 1), space));
                    break;
            }
        }

        return named;
    }

    /// <summary>Matches a name with such a suffix, which could be that of another team.</summary>
    [GeneratedRegex(@" \([0-9a-f]{8}\)$")]
    private static partial Regex DigitsAtEnd();

    private static string NameOf(Space space, bool alone)
    {
        var id = space.Id.ToString();
        if (TreePath.NameFault(space.Name) is not null)
            return id;
        var isClear = alone && space.Name is not (Shared or Own) && !EntryId.TryParse(space.Name, out _)
            && !DigitsAtEnd().IsMatch(space.Name);
        return isClear ? space.Name : $"{space.Name} ({id[..8]})";
    }
}
