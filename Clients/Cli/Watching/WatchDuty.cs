using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Agent;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Watching;

/// <summary>Follows a folder as a duty of the agent, as <c>cu watch</c> does in the foreground.</summary>
internal sealed class WatchDuty(IWorkClients clients, Output output) : IDutyWork
{
    private const string To = "to";
    private const string Space = "space";
    private const string Rest = "rest";
    private const string Every = "every";
    private const string Exclude = "exclude";
    private const string Links = "links";

    public string Kind => "watch";

    public static Duty Of(Target target, string root, string path, FolderOptions options, TimeSpan every)
    {
        var work = Cli.Agent.Background.Of(target, new QueuedWork { IsUp = true, Local = root, Url = target.Url.AbsoluteUri });
        var settings = new Dictionary<string, string>
        {
            [To] = path,
            [Rest] = options.Rest.ToString("c", CultureInfo.InvariantCulture),
            [Every] = every.ToString("c", CultureInfo.InvariantCulture),
            [Exclude] = JsonSerializer.Serialize([.. options.Exclude], WatchJson.Default.StringArray),
            [Links] = options.Links.ToString(),
        };
        if (options.Space is { } space)
            settings[Space] = space;
        return new Duty
        {
            Id = 0,
            Kind = "watch",
            Local = root,
            Url = work.Url,
            Profile = work.Profile,
            KeyFile = work.KeyFile,
            Settings = settings,
            AddedAt = default,
        };
    }

    public async Task RunAsync(Duty duty, IProgress<string> report, CancellationToken stop)
    {
        var settings = duty.Settings;
        var options = new FolderOptions
        {
            Space = settings.GetValueOrDefault(Space),
            Rest = TimeSpan.Parse(settings[Rest], CultureInfo.InvariantCulture),
            Exclude = JsonSerializer.Deserialize(settings[Exclude], WatchJson.Default.StringArray)!,
            Links = Enum.Parse<LinkPolicy>(settings[Links]),
        };
        using var client = clients.Open(duty.ToWork(), [], _ => { });
        report.Report($"sends what changes to {settings[To]}");
        var every = TimeSpan.Parse(settings[Every], CultureInfo.InvariantCulture);
        await new FolderWatch(client, output, duty.Local, settings[To], options, every).RunAsync(stop);
    }
}

[JsonSerializable(typeof(string[]))]
internal sealed partial class WatchJson : JsonSerializerContext;
