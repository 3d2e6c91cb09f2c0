using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;
using ChunkUpload.Client.Projects;

namespace ChunkUpload.Cli.Projects;

/// <summary>
/// cu project requests, approve, decline, transfers and cancel: what members ask for, what its user answers, and what became of it.
/// </summary>
internal static class RequestVerbs
{
    private const string Waiting = "mine=requests&batch=none&limit=200";

    public static IEnumerable<Command> Create() => [Requests(), Approve(), Decline(), Transfers(), Cancel()];

    private static Command Requests()
    {
        var name = ProjectName(isNeeded: false);
        var requests = new Command("requests", "List what members ask your devices for, until you approve or decline it") { name };
        requests.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            foreach (var project in await ProjectsAsync(client, parse.GetValue(name), stop))
            {
                foreach (var batch in await client.FileBatchesAsync(project.Id, "mine=requests", stop))
                {
                    output.Result(
                        $"{Output.Printable(MemberOf(batch.Requester))} asks in {Output.Printable(project.Name)} for "
                            + $"{Output.Printable(batch.What)}, {Plural.Of(batch.Waiting, "file")}, {Figures.Bytes(batch.TotalBytes)}\n"
                            + $"  {batch.BatchId}  {Time(batch.RequestedAt)}  all of it as one",
                        Fields(project, batch));
                }

                var rows = await RowsAsync(client, project, Waiting, stop);
                foreach (var member in rows.GroupBy(MemberOf).OrderBy(group => group.Min(row => row.RequestedAt)))
                {
                    if (!output.IsJson)
                    {
                        output.Result(
                            $"{Output.Printable(member.Key)} asks in {Output.Printable(project.Name)} for "
                                + $"{Plural.Of(member.Count(), "file")}, {Figures.Bytes(member.Sum(row => row.TotalBytes))}",
                            []);
                    }

                    foreach (var row in member)
                        output.Result(
                            $"  {row.Id}  {Figures.Bytes(row.TotalBytes),10}  {Time(row.RequestedAt)}  {Output.Printable(row.FilePath)}",
                            Fields(project, row));
                }
            }

            return ExitCodes.Done;
        }));
        return requests;
    }

    private static Command Approve()
    {
        var (name, ids, member, all) = Selection();
        var long30 = new Option<bool>("--for-30-days")
        {
            Description = "Also approve what the same member asks for in the same folder in the next 30 days.",
        };
        var approve = new Command("approve", "Let your device send what a member asks for, in the version shown")
        {
            name, ids, member, all, long30,
        };
        approve.SetAction((parse, stop) => Output.RunAsync(parse, output => AnswerAsync(
            output, parse, name, ids, member, all, "is approved",
            (client, project, id) => client.ApproveFileTransferAsync(project, id, parse.GetValue(long30), stop),
            (client, project, batch) => client.AnswerFileBatchAsync(project, batch, true, parse.GetValue(long30), stop), stop)));
        return approve;
    }

    private static Command Decline()
    {
        var (name, ids, member, all) = Selection();
        var decline = new Command("decline", "Refuse what a member asks for; it may be asked again after an hour")
        {
            name, ids, member, all,
        };
        decline.SetAction((parse, stop) => Output.RunAsync(parse, output => AnswerAsync(
            output, parse, name, ids, member, all, "is declined",
            (client, project, id) => client.DeclineFileTransferAsync(project, id, stop),
            (client, project, batch) => client.AnswerFileBatchAsync(project, batch, false, false, stop), stop)));
        return decline;
    }

    private static Command Transfers()
    {
        var name = ProjectName(isNeeded: false);
        var open = new Option<bool>("--open") { Description = "Only what waits or runs." };
        var transfers = new Command("transfers", "List what you have asked for, and what your devices were asked for") { name, open };
        transfers.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            var query = parse.GetValue(open) ? "batch=none&status=pending,in_progress" : "batch=none&limit=100";
            foreach (var project in await ProjectsAsync(client, parse.GetValue(name), stop))
            {
                foreach (var batch in await client.FileBatchesAsync(project.Id, parse.GetValue(open) ? "open=true" : "", stop))
                    output.Result(Line(batch), Fields(project, batch));
                foreach (var row in await RowsAsync(client, project, query, stop))
                    output.Result(Line(row), Fields(project, row));
            }

            return ExitCodes.Done;
        }));
        return transfers;
    }

    private static Command Cancel()
    {
        var name = ProjectName(isNeeded: true);
        var ids = new Argument<Guid[]>("ID")
        {
            Description = "Requests, as cu project transfers shows them.",
            Arity = ArgumentArity.OneOrMore,
        };
        var cancel = new Command("cancel", "Take back what you have asked for") { name, ids };
        cancel.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            var project = await ProjectVerbs.FindAsync(client, parse.GetValue(name)!, stop);
            var batches = (await client.FileBatchesAsync(project.Id, "mine=asked", stop)).Select(batch => batch.BatchId).ToHashSet();
            foreach (var id in parse.GetValue(ids)!)
            {
                if (batches.Contains(id))
                {
                    var batch = await client.EndFileBatchAsync(project.Id, id, stop);
                    output.Result($"{Output.Printable(batch.What)} is cancelled", Fields(project, batch));
                    continue;
                }

                var row = await client.EndFileTransferAsync(project.Id, id, stop);
                output.Result($"{Output.Printable(row.FilePath)} is cancelled", Fields(project, row));
            }

            return ExitCodes.Done;
        }));
        return cancel;
    }

    private static async Task<int> AnswerAsync(
        Output output, ParseResult parse, Argument<string?> name, Argument<Guid[]> ids, Option<string?> member, Option<bool> all,
        string outcome, Func<ChunkUploadClient, Guid, Guid, Task<FileTransferAnswer>> answer,
        Func<ChunkUploadClient, Guid, Guid, Task<FileBatchAnswer>> answerAll, CancellationToken stop)
    {
        var (chosen, whose) = (parse.GetValue(ids) ?? [], parse.GetValue(member));
        if (chosen.Length > 0 == (whose is not null || parse.GetValue(all)))
            throw new UsageException("Give the IDs of requests, or --member NAME, or --all. cu project requests lists them.");
        using var client = Target.Of(parse).Client();
        var project = await ProjectVerbs.FindAsync(client, parse.GetValue(name)!, stop);
        var batches = await client.FileBatchesAsync(project.Id, "", stop);
        if (chosen.Length == 0)
        {
            chosen =
            [
                .. batches.Where(batch => batch is { Waiting: > 0, Role: "source" } && IsOf(batch.Requester))
                    .Select(batch => batch.BatchId),
                .. (await RowsAsync(client, project, Waiting, stop)).Where(row => IsOf(row.Requester)).Select(row => row.Id),
            ];
            if (chosen.Length == 0)
                throw new TransferException(TransferFailure.NotFound, "No such request waits. cu project requests lists those that do.");
        }

        foreach (var id in chosen)
        {
            if (batches.Any(batch => batch.BatchId == id))
            {
                var batch = await answerAll(client, project.Id, id);
                output.Result(
                    $"{Output.Printable(batch.What)} for {Output.Printable(MemberOf(batch.Requester))} {outcome}", Fields(project, batch));
                continue;
            }

            var row = await answer(client, project.Id, id);
            output.Result($"{Output.Printable(row.FilePath)} for {Output.Printable(MemberOf(row))} {outcome}", Fields(project, row));
        }

        return ExitCodes.Done;

        bool IsOf(RequesterAnswer? requester) => whose is null || MemberOf(requester) == whose || requester?.Subject == whose;
    }

    private static async Task<IReadOnlyList<ProjectAnswer>> ProjectsAsync(ChunkUploadClient client, string? name, CancellationToken stop) =>
        name is not null
            ? [await ProjectVerbs.FindAsync(client, name, stop)]
            : [.. (await client.ProjectsAsync(stop)).Where(project => project.IsMember)];

    private static async Task<List<FileTransferAnswer>> RowsAsync(
        ChunkUploadClient client, ProjectAnswer project, string query, CancellationToken stop)
    {
        var rows = new List<FileTransferAnswer>();
        await foreach (var row in client.FileTransfersAsync(project.Id, query, stop))
            rows.Add(row);
        return rows;
    }

    private static Argument<string?> ProjectName(bool isNeeded) => new("NAME")
    {
        Description = isNeeded ? "The project, by its name or id." : "A project; all of yours if left out.",
        Arity = isNeeded ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne,
    };

    private static (Argument<string?> Name, Argument<Guid[]> Ids, Option<string?> Member, Option<bool> All) Selection() => (
        ProjectName(isNeeded: true),
        new Argument<Guid[]>("ID") { Description = "Requests, as cu project requests shows them.", Arity = ArgumentArity.ZeroOrMore },
        new Option<string?>("--member") { Description = "All that this member asks for." },
        new Option<bool>("--all") { Description = "All that waits in the project." });

    private static string MemberOf(FileTransferAnswer row) => MemberOf(row.Requester);

    private static string MemberOf(RequesterAnswer? requester) => requester?.Name ?? requester?.Subject ?? "a member";

    private static string Line(FileBatchAnswer batch)
    {
        var state = batch switch
        {
            { Waiting: > 0 } => $"{batch.Waiting} {(batch.Waiting == 1 ? "waits" : "wait")} for an approval",
            { IsOpen: true } => $"{batch.Completed} of {batch.Files} {(batch.Completed == 1 ? "is" : "are")} there",
            { Failed: > 0 } => $"{batch.Failed} of {batch.Files} {(batch.Failed == 1 ? "has" : "have")} failed",
            _ => batch.Status,
        };
        var end = batch.Role == "source" ? $"for {MemberOf(batch.Requester)}" : $"from {batch.Devices}";
        return $"{batch.BatchId}  {Figures.Bytes(batch.TotalBytes),10}  {Time(batch.RequestedAt)}  {Output.Printable(batch.What)}  "
            + $"{Output.Printable(end)}  {state}";
    }

    private static string Line(FileTransferAnswer row)
    {
        var state = row.Status switch
        {
            FileTransferWords.Pending => $"waits for {row.WaitsFor switch
            {
                FileTransferWords.WaitsForApproval => "an approval",
                FileTransferWords.WaitsForDevice => "the device",
                FileTransferWords.WaitsForDeviceKey => "the key of the device",
                FileTransferWords.WaitsForRoom => "room",
                FileTransferWords.WaitsForStraight => "a device that listens",
                FileTransferWords.WaitsForDay => "tomorrow",
                "receiver" => "the receiver",
                _ => "its turn",
            }}",
            FileTransferWords.InProgress => string.Create(
                CultureInfo.InvariantCulture,
                $"{100 * row.BytesTransferred / Math.Max(1, row.TotalBytes)} %{(row.IsStraight ? ", straight" : "")}"),
            FileTransferWords.Failed => $"failed: {row.ErrorCode ?? row.ErrorMessage}",
            var other => other,
        };
        return $"{row.Id}  {Figures.Bytes(row.TotalBytes),10}  {Time(row.RequestedAt)}  {Output.Printable(row.FilePath)}  "
            + $"{(row.Role == "source" ? $"for {Output.Printable(MemberOf(row))}" : $"from {Output.Printable(row.SourceDevice.Name)}")}  "
            + Output.Printable(state);
    }

    private static string Time(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static JsonObject Fields(ProjectAnswer project, FileTransferAnswer row) => new()
    {
        ["id"] = row.Id.ToString(),
        ["project"] = project.Id.ToString(),
        ["path"] = row.FilePath,
        ["size"] = row.TotalBytes,
        ["transferred"] = row.BytesTransferred,
        ["status"] = row.Status,
        ["approval"] = row.Approval,
        ["waitsFor"] = row.WaitsFor,
        ["way"] = row.TransferInfo?.Way,
        ["wayReason"] = row.TransferInfo?.Reason,
        ["role"] = row.Role,
        ["member"] = MemberOf(row),
        ["device"] = row.SourceDevice.Name,
        ["online"] = row.SourceDevice.Online,
        ["sha256"] = row.FileHash,
        ["requestedAt"] = row.RequestedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["code"] = row.ErrorCode,
        ["message"] = row.ErrorMessage,
    };

    private static JsonObject Fields(ProjectAnswer project, FileBatchAnswer batch) => new()
    {
        ["id"] = batch.BatchId.ToString(),
        ["project"] = project.Id.ToString(),
        ["folder"] = batch.Prefix,
        ["files"] = batch.Files,
        ["waiting"] = batch.Waiting,
        ["completed"] = batch.Completed,
        ["failed"] = batch.Failed,
        ["size"] = batch.TotalBytes,
        ["transferred"] = batch.BytesTransferred,
        ["status"] = batch.Status,
        ["approval"] = batch.Approval,
        ["role"] = batch.Role,
        ["member"] = MemberOf(batch.Requester),
        ["requestedAt"] = batch.RequestedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
    };
}
