using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using ChunkUpload.Client;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Straight;
using ChunkUpload.Wire;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// Serves a folder in a project: 1. the device and the folder are known to the service; 2. the whole folder is compared with the journal,
/// at the start, once a day and after lost news; 3. the service gets what it does not know; 4. news are looked at once they have come to
/// rest. Beside that, 5. the files that members have asked for are sent; if the user wants it, straight to their devices. An open stream of
/// events shows that the device is online.
/// </summary>
/// <param name="bandwidth">The limit of what the agent sends and fetches.</param>
internal sealed class ServeDuty(IWorkClients clients, string states, TimeProvider time, BandwidthLimit bandwidth) : IDutyWork
{
    public const string Name = "serve";
    public const string Project = "project";
    public const string ProjectName = "name";
    public const string Place = "place";
    public const string BytesADay = "bytes-a-day";
    public const string AtOnce = "at-once";
    public const string Listen = "listen";
    public const int MostAtOnce = 32;

    private const int UsualAtOnce = 2;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan UntilBack = TimeSpan.FromSeconds(15);

    /// <summary>Hidden files stay private, and what a receiving client keeps beside its files is no file of the project.</summary>
    private static readonly IgnoreRules Rules = new([".*", "local_files_manifest.json"]);

    private readonly Network _network = new(Network.AskAsync, time);
    private StraightListener? _listener;

    public string Kind => Name;

    /// <param name="bytesADay">The most bytes that are sent in a day; <c>null</c> for any number.</param>
    /// <param name="atOnce">How many files are sent at once; <c>null</c> for the usual number.</param>
    /// <param name="listen">The addresses on which to listen (<see cref="ListenChoice"/>); <c>null</c> for none.</param>
    public static Duty Of(
        QueuedWork work, Guid project, string projectName, string place, long? bytesADay = null, int? atOnce = null,
        string? listen = null) => new()
        {
            Id = 0,
            Kind = Name,
            Local = work.Local,
            Url = work.Url,
            Profile = work.Profile,
            KeyFile = work.KeyFile,
            Settings = new Dictionary<string, string?>
            {
                [Project] = project.ToString(),
                [ProjectName] = projectName,
                [Place] = place,
                [BytesADay] = bytesADay?.ToString(CultureInfo.InvariantCulture),
                [AtOnce] = atOnce?.ToString(CultureInfo.InvariantCulture),
                [Listen] = listen,
            }.Where(one => one.Value is not null).ToDictionary(one => one.Key, one => one.Value!),
            AddedAt = default,
        };

    public async Task RunAsync(Duty duty, IProgress<string> report, CancellationToken stop)
    {
        if (!Guid.TryParse(duty.Settings.GetValueOrDefault(Project), out var project)
            || duty.Settings.GetValueOrDefault(Place) is not { } place)
            throw new TransferException(TransferFailure.Refused, "The duty names no project. Dismiss it, and serve the folder again.");
        if (ServedRoot.Fault(duty.Local, states) is { } fault)
            throw new TransferException(TransferFailure.Refused, fault);

        // 1. The device and the folder are known to the service.
        using var journal = FolderJournal.Open(states, duty.Local, $"{Name} {duty.Url} {project}");
        using var own = DeviceIdentity.Of(states);
        using var client = clients.Open(duty.ToWork(), [], _ => { });
        var device = await DeviceAsync(client, own, duty, stop);
        var told = new ToldList(client, journal, project, device.Id, place, time);
        await told.FindAsync(stop);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var digests = Channel.CreateUnbounded<(JournalEntry Entry, byte[] Sha256)>();

        // 5. The files that members have asked for are sent.
        using var relay = clients.Open(duty.ToWork(), [bandwidth], _ => { });
        await using var listening = await ListenAsync(duty, end.Token);
        var straight = listening is null ? null : new StraightSender(
            client, listening, new DevicePins(states, time), new Uri(duty.Url).GetLeftPart(UriPartial.Authority), project, duty.Local,
            AgentClaim.Of(states), (entry, sha256) => digests.Writer.TryWrite((entry, sha256)), report.Report, time);
        var files = new RequestedFiles(
            client,
            new FileSender(
                client, relay, journal, duty.Local, project, place, AgentClaim.Of(states),
                new SentBytes(Path.Combine(states, "serving", $"{journal.Folder:n}-{project:n}.json"), Number(duty, BytesADay), time),
                straight,
                (entry, sha256) => digests.Writer.TryWrite((entry, sha256))),
            project, journal.Folder, (int)Math.Clamp(Number(duty, AtOnce) ?? UsualAtOnce, 1, MostAtOnce), time);
        var (hearing, serving) = (HearAsync(client, device.Id, files, end.Token), files.RunAsync(end.Token));
        var following = FollowAllAsync(duty, journal, told, digests.Reader, new Said(report, () => listening?.Fault), end.Token);
        try
        {
            await await Task.WhenAny(following, serving);
        }
        finally
        {
            await end.CancelAsync();
            await hearing;
            await Task.WhenAll(following, serving).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task<DeviceAnswer> DeviceAsync(ChunkUploadClient client, DeviceIdentity own, Duty duty, CancellationToken stop)
    {
        try
        {
            return await client.AddDeviceAsync(
                new NewDeviceBody(
                    Environment.MachineName, ChunkUploadClient.DevicePlatform, typeof(ServeDuty).Assembly.GetName().Version!.ToString(3),
                    own.FingerprintText),
                stop);
        }
        catch (TransferException failure) when (failure.Code == ProblemCodes.NotYourDevice)
        {
            // The service keeps one fingerprint for ever, so that a stolen API key is no device.
            throw new TransferException(
                TransferFailure.Refused,
                $"{DeviceIdentity.PathIn(states)} is not the key with which this computer was added at {new Uri(duty.Url).Authority}; it "
                + "was lost or replaced. Bring the file back from a backup. Or make this computer a new device: run cu login, or put "
                + "another key into the file of --key-file, and then run cu agent serve again.",
                failure)
            {
                Code = failure.Code,
                Status = failure.Status,
            };
        }
    }

    /// <summary>Listens for other devices, if the user wants that, with all folders that this agent serves at one port.</summary>
    private async Task<StraightPlace?> ListenAsync(Duty duty, CancellationToken stop)
    {
        if (duty.Settings.GetValueOrDefault(Listen) is not { } text)
            return null;
        if (ListenChoice.Parse(text, out var fault) is not { } choice)
            throw new TransferException(TransferFailure.Refused, fault);
        // Connections are refused until it is known whether the network is metered.
        await IsKnownAsync(stop);
        var listener = LazyInitializer.EnsureInitialized(
            ref _listener, () => new StraightListener(states, IsMetered, [bandwidth], time));
        return await listener.JoinAsync(choice, stop);
    }

    private bool? IsMetered()
    {
        _network.Look();
        return _network.IsMetered;
    }

    private async Task IsKnownAsync(CancellationToken stop)
    {
        _network.Look();
        for (var began = time.GetTimestamp(); !_network.HasAnswered && time.GetElapsedTime(began) < UntilBack;)
            await Task.Delay(Rest, time, stop);
    }

    private static long? Number(Duty duty, string setting) =>
        long.TryParse(duty.Settings.GetValueOrDefault(setting), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private async Task FollowAllAsync(
        Duty duty, FolderJournal journal, ToldList told, ChannelReader<(JournalEntry Entry, byte[] Sha256)> digests,
        IProgress<string> report, CancellationToken stop)
    {
        while (true)
        {
            using var news = new FolderNews(duty.Local);
            await FollowAsync(duty, journal, told, news, digests, report, stop);
        }
    }

    /// <summary>Follows the folder until all of it must be scanned again.</summary>
    private async Task FollowAsync(
        Duty duty, FolderJournal journal, ToldList told, FolderNews news, ChannelReader<(JournalEntry Entry, byte[] Sha256)> digests,
        IProgress<string> report, CancellationToken stop)
    {
        // 2. The whole folder is compared with the journal, at the start, once a day and after lost news.
        if (!await LookAsync(duty, journal, told, null, report, stop))
        {
            await Task.Delay(UntilBack, time, stop);
            return;
        }

        var began = time.GetTimestamp();
        while (true)
        {
            var rest = Day - time.GetElapsedTime(began);
            if (rest <= TimeSpan.Zero)
                return;
            var (again, wait) = told.Deferred(rest);
            using (var pause = CancellationTokenSource.CreateLinkedTokenSource(stop))
            {
                _ = await Task.WhenAny(
                    news.Coming, digests.WaitToReadAsync(pause.Token).AsTask(), Task.Delay(wait, time, pause.Token));
                await pause.CancelAsync();
                stop.ThrowIfCancellationRequested();
            }

            if (digests.TryPeek(out _))
            {
                // Changes of small files arrive close together, and are sent in one batch.
                await Task.Delay(Rest, time, stop);
                journal.SetSha256(TakeAll(digests));
                await told.SendAsync(stop);
            }

            // 4. News are looked at once they have come to rest.
            if (news.Coming.IsCompleted)
                await Task.Delay(Rest, time, stop);
            if (news.Take() is not { } more)
                return;
            var paths = new HashSet<string>(again, StringComparer.Ordinal);
            paths.UnionWith(more);
            if (paths.Count > 0 && !await LookAsync(duty, journal, told, paths, report, stop))
                return;
        }
    }

    private static IEnumerable<(JournalEntry Entry, byte[] Sha256)> TakeAll(ChannelReader<(JournalEntry Entry, byte[] Sha256)> digests)
    {
        while (digests.TryRead(out var known))
            yield return known;
    }

    /// <returns>False if the folder is not available.</returns>
    private static async Task<bool> LookAsync(
        Duty duty, FolderJournal journal, ToldList told, IReadOnlyCollection<string>? only, IProgress<string> report,
        CancellationToken stop)
    {
        var look = await Task.Run(() => new JournalComparison(journal, duty.Local, Rules).Look(only, stop), stop);
        if (look.IsAway)
        {
            report.Report($"{duty.Local} is away: it is not there, or is another folder. Nothing is taken for removed.");
            return false;
        }

        journal.Record(told.Due(look.Changes));
        // 3. The service gets what it does not know.
        await told.SendAsync(stop);
        report.Report(
            $"{Plural.Of(journal.Entries.Count - told.Rejected, "file")} at {duty.Settings[Place]} of "
            + duty.Settings.GetValueOrDefault(ProjectName) + told.Refusals);
        return true;
    }

    private static Guid? TransferOf(ServiceEvent news) => news.Data.ValueKind == JsonValueKind.Object
        && news.Data.TryGetProperty("transfer", out var id) && id.ValueKind == JsonValueKind.String
        && Guid.TryParse(id.GetString(), out var transfer)
        ? transfer
        : null;

    private static int AttemptOf(ServiceEvent news) =>
        news.Data.TryGetProperty("attempt", out var attempt) && attempt.TryGetInt32(out var number) ? number : 0;

    private static bool IsRunning(ServiceEvent news) =>
        news.Data.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.String
        && status.GetString() is FileTransferWords.Pending or FileTransferWords.InProgress;

    private async Task HearAsync(ChunkUploadClient client, Guid device, RequestedFiles files, CancellationToken stop)
    {
        var topic = device.ToString("n");
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var news in client.ListenFromAsync(EventScope.Own, files.Hasten, stop))
                {
                    if (news.Kind == "file_requested" && news.Id == topic && TransferOf(news) is { } transfer)
                        files.Hasten(transfer);
                    else if (news.Kind == "file_request_changed" && news.Id == topic && TransferOf(news) is { } changed)
                        files.Wake(changed, AttemptOf(news), !IsRunning(news));
                    else if (news.Kind == "reset")
                        files.Hasten();
                }
            }
            catch (Exception failure) when (failure is OperationCanceledException or TransferException)
            {
                // The service is not available for longer than the policy allows. If the key is refused, the next batch reports it.
                files.WakeAll();
            }

            await Task.Delay(UntilBack, time, stop).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Adds to each report why the agent does not listen.</summary>
    private sealed class Said(IProgress<string> report, Func<string?> fault) : IProgress<string>
    {
        public void Report(string value) => report.Report(fault() is { } why ? $"{value}. {why}" : value);
    }
}
