using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace ChunkUpload.Emulators.Graph;

/// <summary>The change feed: pages with a nextLink, a deltaLink at the end, and 410 if a client must start again.</summary>
internal sealed class GraphDelta(GraphState state)
{
    public async Task<GraphError?> AnswerAsync(GraphCall call)
    {
        var (top, error) = GraphItems.Resolve(state, call);
        if (top is null)
            return error;
        var text = Token(call);
        if (text == "latest")
            return await WriteAsync(call, [], new DeltaToken(false, 0, call.Drive.Latest, Resync));
        var token = text is null ? new DeltaToken(true, 0, call.Drive.Latest, Resync) : DeltaToken.Parse(text);
        if (token is null && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since))
        {
            if (call.Drive.Kind == GraphDriveKind.Personal)
                return GraphError.Invalid("A time as a token is for drives of organizations.");
            token = new DeltaToken(false, 0, call.Drive.PositionAt(since), Resync);
        }

        if (token is null)
            return GoneFor(call, "resyncRequired", "syncStateNotFound");
        if (Resync.Length > 0 && token.Resync != Resync)
            return GoneFor(call, Resync, null);
        var count = Math.Clamp(call.Query.Top ?? state.PageSize, 1, 5000);
        if (token.IsFirstRound)
        {
            var (existing, next) = call.Drive.Existing(token.Position, count, top);
            return await WriteAsync(call, existing, token with { IsFirstRound = next >= 0, Position = Math.Max(0, next) }, next >= 0);
        }

        var (changes, more) = call.Drive.Changes(token.Sequence, count, top);
        var last = more ? changes[^1].Sequence : Math.Max(token.Sequence, changes.Select(item => item.Sequence).DefaultIfEmpty(0).Max());
        return await WriteAsync(call, changes, token with { Sequence = last }, more);
    }

    private string Resync => state.Switches.Text(GraphSwitches.DeltaResync) ?? "";

    private static string? Token(GraphCall call)
    {
        // Functions carry it in parentheses: delta(token='…').
        if (call.Address.Action.Split('\'') is [_, var inParentheses, ..])
            return inParentheses;
        var query = call.Http.Request.Query;
        var value = query["token"].ToString() is { Length: > 0 } token ? token : query["$deltatoken"].ToString();
        value = value.Length > 0 ? value : query["$skiptoken"].ToString();
        return value.Length == 0 ? null : value;
    }

    private GraphError GoneFor(GraphCall call, string code, string? inner)
    {
        call.Http.Response.Headers.Location = $"{FeedAddress(call)}?token={DeltaToken.First(call.Drive.Latest, Resync)}";
        return new GraphError(410, code, "The token is not valid any more; enumerate everything by the address in Location.", inner);
    }

    private async Task<GraphError?> WriteAsync(GraphCall call, IEnumerable<GraphItem> items, DeltaToken token, bool more = false)
    {
        var link = $"{FeedAddress(call)}?token={token}";
        if (call.Query.Top is { } top)
            link += string.Create(CultureInfo.InvariantCulture, $"&$top={top}");
        if (call.Http.Request.Query["$select"].ToString() is { Length: > 0 } select)
            link += $"&$select={Uri.EscapeDataString(select)}";
        await GraphReply.WriteAsync(call.Http, 200, new JsonObject
        {
            ["@odata.context"] = $"{state.ApiBase}/$metadata#Collection(driveItem)",
            [more ? "@odata.nextLink" : "@odata.deltaLink"] = link,
            ["value"] = new JsonArray([.. items.Select(item => (JsonNode)state.View.Change(item, call.Query))]),
        });
        return null;
    }

    private string FeedAddress(GraphCall call)
    {
        var path = call.Http.Request.Path.ToUriComponent();
        var end = path.LastIndexOf("/delta", StringComparison.OrdinalIgnoreCase);
        end = end < 0 ? path.LastIndexOf("/microsoft.graph.delta", StringComparison.OrdinalIgnoreCase) : end;
        return $"{state.Context.Addresses[0]}{path[..end]}/delta";
    }

    /// <summary>The position of a client in the feed.</summary>
    /// <param name="IsFirstRound">Whether it still reads what there was, by <paramref name="Position"/>.</param>
    /// <param name="Sequence">The changes that it knows, or knows at the end of the first round.</param>
    /// <param name="Resync">The resync that was in force when the token was given.</param>
    private sealed record DeltaToken(bool IsFirstRound, int Position, long Sequence, string Resync)
    {
        public static DeltaToken First(long latest, string resync) => new(true, 0, latest, resync);

        public static DeltaToken? Parse(string text)
        {
            try
            {
                var parts = Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(text)).Split('~');
                return parts is ["delta", var round, var position, var sequence, var resync]
                    ? new DeltaToken(
                        round == "first",
                        int.Parse(position, CultureInfo.InvariantCulture),
                        long.Parse(sequence, CultureInfo.InvariantCulture),
                        resync)
                    : null;
            }
            catch (FormatException)
            {
                return null;
            }
        }

        public override string ToString() => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"delta~{(IsFirstRound ? "first" : "next")}~{Position}~{Sequence}~{Resync}")));
    }
}
