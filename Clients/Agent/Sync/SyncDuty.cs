using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Agent.Serving;
using ChunkUpload.Client;
using ChunkUpload.Client.Sync;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Agent.Sync;

/// <summary>Keeps a local folder and one of the service in sync, as <c>cu sync --two-way</c> does in the foreground.</summary>
internal sealed class SyncDuty(IWorkClients clients, string states, TimeProvider time) : IDutyWork
{
    public const string Name = "sync";

    /// <summary>The setting that, with the folder and the service, makes a duty this one.</summary>
    private const string To = "project";

    private const string Space = "space", Rule = "rule", Rest = "rest", Every = "every", Exclude = "exclude";

    public string Kind => Name;

    public static Duty Of(QueuedWork work, string? space, string path, SyncSettings settings, TimeSpan every)
    {
        var kept = new Dictionary<string, string>
        {
            [To] = path,
            [Rule] = settings.Rule.ToString(),
            [Rest] = settings.Rest.ToString("c", CultureInfo.InvariantCulture),
            [Every] = every.ToString("c", CultureInfo.InvariantCulture),
            [Exclude] = JsonSerializer.Serialize([.. settings.Exclude], SyncDutyJson.Default.StringArray),
        };
        if (space is not null)
            kept[Space] = space;
        return new Duty
        {
            Id = 0,
            Kind = Name,
            Local = work.Local,
            Url = work.Url,
            Profile = work.Profile,
            KeyFile = work.KeyFile,
            Settings = kept,
            AddedAt = default,
        };
    }

    public async Task RunAsync(Duty duty, IProgress<string> report, CancellationToken stop)
    {
        if (ServedRoot.Fault(duty.Local, states) is { } fault)
            throw new TransferException(TransferFailure.Refused, fault);
        var kept = duty.Settings;
        var settings = new SyncSettings
        {
            Rule = Enum.Parse<SyncConflictRule>(kept[Rule]),
            Rest = TimeSpan.Parse(kept[Rest], CultureInfo.InvariantCulture),
            Exclude = JsonSerializer.Deserialize(kept[Exclude], SyncDutyJson.Default.StringArray)!,
        };
        using var client = clients.Open(duty.ToWork(), [], _ => { });
        using var pair = SyncPairing.Open(client, duty.Local, kept.GetValueOrDefault(Space), kept[To], settings, time, _ => { });
        report.Report($"looks at both sides, of which the other one is :{kept[To]}");
        var every = TimeSpan.Parse(kept[Every], CultureInfo.InvariantCulture);
        await new SyncLoop(client, pair, duty.Local, every, time, Tell).RunAsync(stop);

        void Tell(SyncOutcome outcome) => report.Report($"with :{kept[To]}: {Sentence(outcome)}");
    }

    /// <summary>Returns the message of a round for the user.</summary>
    public static string Sentence(SyncOutcome outcome)
    {
        var told = outcome.Told;
        var state = told.State switch
        {
            "in_step" => $"in sync, {told.Items} items",
            "needs_you" when told.Question is { } question =>
                $"needs you: {question.Removals} removals wait until you approve them (cu conflicts)",
            "needs_you" => $"needs you: {Plural.Of(told.Conflicts.Count, "conflict")} (cu conflicts)",
            _ => $"{told.State}: {told.Reason ?? "files are still changing"}",
        };
        return told.LeftOut > 0 ? $"{state}; {told.LeftOut} take no part" : state;
    }
}

[JsonSerializable(typeof(string[]))]
internal sealed partial class SyncDutyJson : JsonSerializerContext;
