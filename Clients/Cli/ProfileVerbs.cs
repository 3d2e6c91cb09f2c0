using System.CommandLine;
using System.Text.Json.Nodes;
using ChunkUpload.Cli.Login;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>cu login, logout, config and version.</summary>
internal static class ProfileVerbs
{
    public static IEnumerable<Command> Create()
    {
        var address = new Argument<string>("URL") { Description = "The service's address." };
        var remote = new Option<bool>("--no-browser")
        {
            Description = "Show a code and an address for a browser elsewhere, also where one is on this machine.",
        };
        var login = new Command(
            "login", "Get a key that you confirm in the console, and remember it; or remember that in --key-file, or on standard input")
        {
            address, remote,
        };
        login.SetAction((parse, stop) => Output.RunAsync(parse, output => LoginAsync(
            parse, parse.GetValue(address)!, parse.GetValue(remote), output, stop)));
        yield return login;

        var logout = new Command("logout", "Forget a profile, and revoke the key that cu login has made for it");
        logout.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var settings = Settings.Load();
            var name = Target.NameOf(parse, settings);
            if (!settings.Profiles.Remove(name, out var profile))
                throw new UsageException($"There is no profile {name}.");
            var (revoked, sentence) = await KeyEnding.EndAsync(name, profile, stop);
            KeyStore.Forget(name, profile);
            var next = settings.Profiles.Count == 1 ? settings.Profiles.Keys.Single() : Settings.Default;
            (settings.Current == name ? settings with { Current = next } : settings).Save();
            output.Result(
                $"The profile {name} is forgotten. {sentence}",
                new JsonObject { ["ok"] = true, ["profile"] = name, ["revoked"] = revoked, ["message"] = sentence });
            return ExitCodes.Done;
        }));
        yield return logout;

        var config = new Command("config", "Show which service and key are used, and where they come from");
        config.SetAction((parse, _) => Output.RunAsync(parse, output =>
        {
            var target = Target.Of(parse);
            output.Result(
                $"""
                service   {target.Url} (from {target.UrlFrom})
                key       {(target.KeyFrom is { } from ? "from " + from : "none")}
                profiles  {Settings.File}: {string.Join(", ", Settings.Load().Profiles.Keys.Order(StringComparer.Ordinal))}
                state     {ChunkUploadClient.DefaultStateDirectory}
                """,
                new JsonObject
                {
                    ["url"] = target.Url.AbsoluteUri,
                    ["urlFrom"] = target.UrlFrom,
                    ["keyFrom"] = target.KeyFrom,
                    ["file"] = Settings.File,
                    ["state"] = ChunkUploadClient.DefaultStateDirectory,
                });
            return Task.FromResult(ExitCodes.Done);
        }));
        yield return config;

        var version = new Command("version", "Show the version");
        version.SetAction((parse, _) => Output.RunAsync(parse, output =>
        {
            output.Result($"cu {Target.Version}", new JsonObject { ["version"] = Target.Version });
            return Task.FromResult(ExitCodes.Done);
        }));
        yield return version;
    }

    private static async Task<int> LoginAsync(ParseResult parse, string address, bool remote, Output output, CancellationToken stop)
    {
        var url = Target.Address(address);
        try
        {
            return await LoginAsync(parse, url, remote, output, stop);
        }
        catch (TransferException failure) when (url.AbsolutePath.Length > 1 && IsOfNoService(failure))
        {
            throw new TransferException(TransferFailure.NotFound, NoServiceAt(url), failure) { Status = failure.Status };
        }
    }

    private static bool IsOfNoService(TransferException failure) =>
        failure.Failure == TransferFailure.NotFound || failure.Status is 404 or 405;

    private static string NoServiceAt(Uri url)
    {
        var root = url.GetLeftPart(UriPartial.Authority);
        return url.AbsolutePath.Contains("/l/", StringComparison.Ordinal)
            ? $"{root}/l/… is the address of a link, which needs no login: cu up FILE --to LINK, or cu get LINK. The service is {root}"
            : $"At the path {url.AbsolutePath} of {root} no service answers. Usually the address without a path is right: cu login {root}";
    }

    private static async Task<int> LoginAsync(ParseResult parse, Uri url, bool remote, Output output, CancellationToken stop)
    {
        // A key that is confirmed and cannot be remembered would be lost, and valid.
        Settings.Load().TryOut();
        var key = Target.KeyIn(parse.GetValue(CommandTree.KeyFile));
        if (key is null && Console.IsInputRedirected)
        {
            output.Note("Reading a key from standard input. If none arrives there, stop and add </dev/null to confirm one in the console.");
            key = (await Console.In.ReadLineAsync(stop))?.Trim();
        }

        var isOwn = string.IsNullOrEmpty(key);
        if (isOwn)
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
            var asking = new KeyAsking(url, http, output);
            key = await (Browser.IsHere && !remote && !output.IsJson ? asking.ByBrowserAsync(stop) : asking.ByCodeAsync(stop));
        }

        using (var client = new Target(url, key!, "", null).Client())
        {
            try
            {
                await using var list = client.ListAsync(cancellationToken: stop).GetAsyncEnumerator(stop);
                _ = await list.MoveNextAsync();
            }
            catch (TransferException failure) when (failure.Status == 403)
            {
                // The key is good, though it may not list folders.
            }
        }

        var settings = Settings.Load();
        var name = Target.NameOf(parse, settings);
        var current = settings.Current;
        var old = settings.Profiles.TryGetValue(name, out var before) ? KeyStore.WithKey(name, before) : null;
        var (profile, where) = KeyStore.Keep(name, url, key!);
        settings.Profiles[name] = profile with { IsOwn = isOwn };
        (settings with { Current = name }).Save();

        // The old key ends when the new one is safe.
        if (old is not null && old.Key != key)
            _ = await KeyEnding.EndAsync(name, old, stop);
        if (before is not null && !(profile.InKeyring && before.Url == profile.Url))
            KeyStore.Forget(name, before);
        output.Result(
            $"The key for {url} lies {where}. "
                + (name == current ? $"The profile {name} is used." : $"The profile {name} is the current one from now on."),
            new JsonObject
            {
                ["ok"] = true,
                ["profile"] = name,
                ["url"] = url.AbsoluteUri,
                ["file"] = Settings.File,
                ["keyring"] = profile.InKeyring,
                ["current"] = true,
                ["where"] = where,
            });
        return ExitCodes.Done;
    }
}
