using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>
/// Runs the verb of the command line and returns the exit code. Each reason for a refused start is one line on standard error.
/// </summary>
internal static class Verbs
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int Refused = 2;

    public static async Task<int> RunAsync(string[] args, Func<ServiceConfiguration, WebApplication> compose)
    {
        try
        {
            var command = CommandLine.Parse(args);
            if (Print(command) is { } text)
            {
                Console.WriteLine(text);
                return Done;
            }

            // Check first: everything below opens files.
            if (OpenFiles.Refusal(OpenFiles.Limit()) is { } refusal)
                throw new StartRefusedException(refusal);

            var configuration = ServiceConfiguration.Load(new ConfigurationSources()
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"))
                .AddEnvironment(Environment.GetEnvironmentVariables())
                .AddCommandLine(IsQuiet(command) ? FsckVerb.Settings : [])
                .AddCommandLine(command.Implied)
                .AddCommandLine(command.Settings));
            if (command.Verb == "check-config")
                Console.WriteLine(SettingsReport.Effective(configuration));
            foreach (var error in configuration.Errors)
                await Console.Error.WriteLineAsync(error);
            if (configuration.Errors.Count > 0)
                return Refused;
            return command.Verb switch
            {
                "check-config" => Done,
                "health" => await HealthProbe.RunAsync(configuration) ? Done : Failed,
                _ => await RunServiceAsync(command, compose(configuration)),
            };
        }
        catch (StartRefusedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return Refused;
        }
    }

    private static bool IsQuiet(CommandLine command) =>
        command.Admin is not null || command.Verb is "fsck" or "backup" or "restore" or "signin-link" or "reset-sessions";

    private static string? Print(CommandLine command) => command.Verb switch
    {
        "help" => CommandLine.Usage,
        "version" => $"ChunkUpload {Banner.Version}",
        "print-env-example" => SettingsReport.EnvironmentExample(),
        "print-settings" => SettingsReport.Catalogue(command.Switches.Contains("--markdown")),
        "docs" => DocsVerb.Run(command.Folder!),
        _ => null,
    };

    /// <summary>Returns the reason on one line: the log of most verbs is silent, and an error of PostgreSQL has several lines.</summary>
    private static string Sentence(string verb, Exception reason) =>
        PlainText.Of($"{verb} could not go on: {reason.Message.Split('\n')[0].TrimEnd('.')} ({reason.GetType().Name}).");

    private static async Task<int> RunServiceAsync(CommandLine command, WebApplication app)
    {
        using var signals = new StopSignals();
        await using var host = new ServiceHost(app);
        try
        {
            switch (command.Verb)
            {
                case "fsck":
                    return await FsckVerb.RunAsync(command, host.Services, signals.Token);
                case "backup" or "restore":
                    return await BackupVerbs.RunAsync(command, host.Services, signals.Token);
                case "migrate":
                    await host.RunStepsAsync(StartOrder.Database, _ => Task.FromResult(Done), signals.Token);
                    Console.WriteLine("The database has this version's schema.");
                    return Done;
                case "add-volume":
                    host.Services.GetRequiredService<IStoreBinding>().AllowEmptyStore();
                    await host.RunStepsAsync(StartOrder.Database, _ => Task.FromResult(Done), signals.Token);
                    Console.WriteLine(
                        "The ledger and this data directory belong together now. Before you start, copy cookie.key and operator.key from "
                            + "another data directory of this ledger, with mode 0600; if its cookie.key is lost, run reset-sessions.");
                    return Done;
                case "users" or "keys" or "links" or "tenants" or "limits" or "connections" or "transfers" or "nodes" or "audit":
                    return await AdminVerbs.RunAsync(command.Admin!, host.Services, signals.Token);
                case "signin-link":
                    return await AccessVerbs.PrintLinkAsync(host.Services, signals.Token);
                case "reset-sessions":
                    return await AccessVerbs.ResetSessionsAsync(host.Services, signals.Token);
                default:
                    return await host.RunAsync(signals) ? Done : Failed;
            }
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            // A signal came during the start; the started steps have been stopped.
            return command.IsServe ? Done : throw new StartRefusedException($"{command.Verb} was stopped before its end.");
        }
        catch (Exception e) when (e is not StartRefusedException)
        {
            if (command.IsServe)
                HostingLog.Failed(host.Services.GetRequiredService<ILogger<ServiceHost>>(), e);
            else
                await Console.Error.WriteLineAsync(Sentence(command.Verb, e));
            return Failed;
        }
    }
}
