using System.Globalization;
using System.Text.Json;
using ChunkUpload.Api.People;
using ChunkUpload.Api.Transfers;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Cli;

/// <summary>
/// transfers list, show, pause, resume, cancel: of all owners, without the names of their files. A running service applies changes within a
/// second.
/// </summary>
internal sealed class TransferVerbs(IServiceProvider services, AdminCommand command)
{
    private const int Page = 200;
    private const string Waiting = "waiting";

    private readonly ITransferLedger _transfers = services.GetRequiredService<ITransferLedger>();
    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();

    private bool AsJson => command.Option("--json") is not null;

    public Task RunAsync(CancellationToken cancellationToken) => command.Action.Name switch
    {
        "list" => ListAsync(cancellationToken),
        "show" => ShowAsync(cancellationToken),
        "pause" => ChangeAsync(_transfers.PauseAsync, "pauses", cancellationToken),
        "resume" => ChangeAsync(_transfers.ResumeAsync, "goes on", cancellationToken),
        _ => ChangeAsync(_transfers.CancelAsync, "is cancelled; what was moved stays", cancellationToken),
    };

    private static Caller CallerIn(string tenant) => Caller.Operator with { Tenant = tenant };

    private static string Files(TransferView transfer) => string.Create(
        CultureInfo.InvariantCulture, $"{transfer.Files.Done} of {transfer.Files.All}");

    private static string StateOf(TransferView transfer) =>
        transfer.Wait is { } wait ? $"{transfer.State}: {wait.Reason}" : transfer.State;

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var tenant = command.Option("--tenant") ?? Caller.DefaultTenant;
        await AdminVerbs.FindTenantAsync(services.GetRequiredService<IPeopleLedger>(), tenant, cancellationToken);
        var state = command.Option("--state");
        string[] known = [.. TransferWords.All<TransferState>(), Waiting];
        if (state is not null && !known.Contains(state))
            throw new StartRefusedException($"--state must be one of: {string.Join(", ", known)}.");
        var found = new List<TransferView>();
        long? before = null;
        while (await PageAsync(tenant, before, cancellationToken) is { Count: > 0 } page)
        {
            before = page[^1].Number;
            found.AddRange(
                page.Select(one => TransferView.Of(one, _time.GetUtcNow(), null)).Where(one => state is null || one.State == state));
        }

        if (AsJson)
        {
            foreach (var one in found)
                Console.WriteLine(JsonSerializer.Serialize(one, ApiJson.Out.TransferView));
            return;
        }

        AdminVerbs.Write(
            ["ID", "STATE", "FILES", "BYTES", "FAILED", "OWNER", "MADE (UTC)", "LABEL"],
            found.Select(one => new[]
            {
                one.Id, StateOf(one), Files(one), string.Create(CultureInfo.InvariantCulture, $"{one.Bytes.Done} of {one.Bytes.All}"),
                one.Files.Failed.ToString(CultureInfo.InvariantCulture), one.Owner, $"{one.CreatedAt:yyyy-MM-dd HH:mm}", one.Label,
            }));
    }

    private Task<IReadOnlyList<Transfer>> PageAsync(string tenant, long? before, CancellationToken cancellationToken) =>
        _transfers.ListAsync(new TransferQuery(CallerIn(tenant), Page) { Before = before }, cancellationToken);

    private async Task ShowAsync(CancellationToken cancellationToken)
    {
        var transfer = await FindAsync(cancellationToken);
        var view = TransferView.Of(transfer, _time.GetUtcNow(), null);
        if (AsJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(view, ApiJson.Out.TransferView));
            return;
        }

        AdminVerbs.Write(
            ["TRANSFER", view.Id],
            [
                ["label", view.Label], ["state", StateOf(view)], ["reason", view.Reason ?? "none"], ["owner", view.Owner],
                ["files", $"{Files(view)}, {view.Files.Skipped} left out, {view.Files.Failed} failed"],
                ["bytes", $"{view.Bytes.Done} of {view.Bytes.All}, {view.Bytes.Moved} sent"],
                ["from", EndOf(view.Source)], ["to", EndOf(view.Destination)],
                ["made", $"{view.CreatedAt:u}"], ["ended", view.EndedAt is { } ended ? $"{ended:u}" : "no"],
            ]);
        Console.WriteLine();
        var rows = new List<string[]>();
        long after = 0;
        while (await _transfers.EventsAsync(transfer.Id, after, Page, cancellationToken) is { Count: > 0 } page)
        {
            after = page[^1].Number;
            rows.AddRange(page.Select(one => new[] { $"{one.At:u}", one.Kind, one.Text ?? "" }));
        }

        AdminVerbs.Write(["AT (UTC)", "WHAT", "WHY"], rows);
    }

    private static string EndOf(TransferEndView end) => end.Connection is { } id ? $"connection {id}" : end.Kind;

    private async Task ChangeAsync(
        Func<Transfer, CancellationToken, Task<bool>> change, string what, CancellationToken cancellationToken)
    {
        var transfer = await FindAsync(cancellationToken);
        if (!await change(transfer, cancellationToken))
            throw new StartRefusedException($"The transfer {transfer.Id:n} has ended.");
        await AdminVerbs.SayAsync($"The transfer \"{transfer.Label}\" {what}.");
    }

    private async Task<Transfer> FindAsync(CancellationToken cancellationToken)
    {
        if (PeopleRoutes.TryReadId(command.Arguments[0], out var id))
        {
            foreach (var tenant in await services.GetRequiredService<IPeopleLedger>().ListTenantsAsync(cancellationToken))
            {
                if (await _transfers.FindAsync(CallerIn(tenant.Name), id, cancellationToken) is { } transfer)
                    return transfer;
            }
        }

        throw new StartRefusedException($"There is no transfer with the id {command.Arguments[0]}; transfers list shows them.");
    }
}
