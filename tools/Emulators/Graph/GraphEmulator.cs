using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Control.OAuth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Microsoft Graph's files: OneDrive for persons, for organizations, and a site's document library.</summary>
internal sealed class GraphEmulator : Emulator
{
    /// <summary>Ann works in an organization; Ben's drive is his own.</summary>
    public static readonly IReadOnlyDictionary<string, GraphDriveKind> UsualKinds =
        new Dictionary<string, GraphDriveKind> { ["ben@example.test"] = GraphDriveKind.Personal };

    private readonly IReadOnlyDictionary<string, GraphDriveKind> _kinds;
    private readonly GraphDeviceCodes _devices = new();
    private GraphState? _state;

    public GraphEmulator(IReadOnlyDictionary<string, GraphDriveKind>? kinds = null)
    {
        _kinds = kinds ?? UsualKinds;
        OAuth = GraphSignIn.Profile(_devices, () => State.Switches.IsOn("clientSecretExpired"));
    }

    public override string Name => "graph";

    /// <summary>The API and the sign-in pages; uploads and downloads.</summary>
    public override int Listeners => 2;

    public override IReadOnlyDictionary<string, object?> DefaultSwitches { get; } =
        new Dictionary<string, object?>(GraphSwitches.Defaults) { ["rotateRefreshTokens"] = true };

    public override OAuthProfile OAuth { get; }

    /// <summary>The state that tests read directly.</summary>
    public GraphState State => _state ?? throw new InvalidOperationException("The emulator has not been started.");

    /// <summary>
    /// Content has another host name, as it has at Microsoft: clients drop their access token where a redirect leads to another host, and
    /// keep it where only the port differs.
    /// </summary>
    public override string UsualUrl(int listener) => listener == 0 ? "http://127.0.0.1:0" : "http://127.0.0.2:0";

    public static Task<EmulatorHost> StartAsync(EmulatorOptions? options = null, CancellationToken cancellationToken = default) =>
        EmulatorHost.StartAsync(new GraphEmulator(), options ?? new EmulatorOptions(), cancellationToken);

    public override void Map(WebApplication app, EmulatorContext context)
    {
        var state = _state = new GraphState(context, _kinds);
        var api = new GraphApi(state);
        var content = new GraphContentHost(state);
        _devices.Map(app, context);
        app.Map("/v1.0/{**rest}", http => OnListener(http, 0, () => api.HandleAsync(http)));
        app.Map("/beta/{**rest}", http => OnListener(http, 0, () => api.HandleAsync(http)));
        Map("/upload/{id}", content.UploadAsync);
        Map("/download/{id}", content.DownloadAsync);
        Map("/monitor/{id}", content.MonitorAsync);
        GraphControl.Map(app, state);

        void Map(string pattern, Func<HttpContext, string, Task> answer) =>
            app.Map(pattern, http => OnListener(http, 1, () => answer(http, (string)http.Request.RouteValues["id"]!)));

        Task OnListener(HttpContext http, int listener, Func<Task> answer)
        {
            var address = new Uri(context.Addresses[listener]);
            if (http.Connection.LocalPort == address.Port)
                return answer();
            http.Response.StatusCode = 404;
            return Task.CompletedTask;
        }
    }

    public override async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (State.Context.Options.Demo)
            await GraphSeed.AddDemoAsync(State, cancellationToken);
    }

    public override void Reset()
    {
        _devices.Reset();
        State.Reset();
    }

    public override Task<object> SeedAsync(JsonElement description, CancellationToken cancellationToken) =>
        GraphSeed.AddAsync(State, description, cancellationToken);

    public override void ExpireSessions() => State.Uploads.ExpireAll();

    public override void ExpireDownloadUrls() => State.Downloads.ExpireAll();

    public override void SetQuota(string? account, long? bytes)
    {
        foreach (var drive in State.Drives.Where(drive => account is null || drive.Owner == account))
            drive.Total = bytes;
    }

    public override object ErrorBody(int status, string? reason, string? message)
    {
        var code = reason ?? status switch
        {
            401 => "InvalidAuthenticationToken",
            429 => "activityLimitReached",
            503 => "serviceNotAvailable",
            507 => "quotaLimitReached",
            _ => "generalException",
        };
        var error = new GraphError(status, code, message ?? "The emulator was told to answer so.");
        return error.ToJson(Guid.NewGuid().ToString(), State.Clock.GetUtcNow());
    }
}
