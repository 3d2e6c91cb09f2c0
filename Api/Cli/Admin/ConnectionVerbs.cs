using ChunkUpload.Api.Access;
using ChunkUpload.Api.Connections;
using ChunkUpload.Api.People;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>connections add, renew, list, remove, for the operator or for a user. They need no browser on this machine.</summary>
internal sealed partial class ConnectionVerbs(IServiceProvider services, AdminCommand command)
{
    private const string StandardInput = "-";

    /// <summary>The options for the location of a storage, for kinds whose address people choose.</summary>
    private static readonly string[] Places = ["endpoint", "region", "bucket", "prefix"];

    private readonly IConnectionLedger _connections = services.GetRequiredService<IConnectionLedger>();
    private readonly ConnectorSet _connectors = services.GetRequiredService<ConnectorSet>();
    private readonly ConnectionSecrets _secrets = services.GetRequiredService<ConnectionSecrets>();

    private string Tenant => command.Option("--tenant") ?? Caller.DefaultTenant;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await AdminVerbs.FindTenantAsync(services.GetRequiredService<IPeopleLedger>(), Tenant, cancellationToken);
        var owner = await OwnerAsync(cancellationToken);
        await (command.Action.Name switch
        {
            "add" => AddAsync(owner, cancellationToken),
            "renew" => RenewAsync(owner, cancellationToken),
            "list" => ListAsync(owner, cancellationToken),
            _ => RemoveAsync(owner, cancellationToken),
        });
    }

    /// <summary>Returns the user that --user names, or the operator.</summary>
    private async Task<Caller> OwnerAsync(CancellationToken cancellationToken)
    {
        if (command.Option("--user") is not { } name)
            return Caller.Operator with { Tenant = Tenant };
        var user = await AdminVerbs.FindUserAsync(services.GetRequiredService<IPeopleLedger>(), name, cancellationToken);
        return user.CallerIn(Tenant, default) is { } caller && caller.Scopes.HasFlag(Scopes.Transfers)
            ? caller
            : throw new StartRefusedException(
                $"{user.Name} may make no transfers in {Tenant}: name another tenant with --tenant=, or give another role.");
    }

    private async Task AddAsync(Caller owner, CancellationToken cancellationToken)
    {
        var kind = command.Arguments[0];
        if (!_connectors.Connectable.Contains(kind) || _connectors.Find(kind) is not { } connector)
            throw new StartRefusedException($"KIND must be one of: {string.Join(", ", _connectors.Connectable)}.");
        if (command.Option("--title") is { } title && PersonText.TitleFault("--title", title) is { } wrong)
            throw new StartRefusedException(wrong);
        var settings = Settings();
        var signsIn = command.Option("--secret") is null;
        if ((!signsIn || settings.Count > 0) && connector.SettingsFault(settings) is { } odd)
            throw new StartRefusedException(odd);
        if (signsIn)
        {
            await SignInAsync(owner, kind, null, cancellationToken);
            return;
        }

        var secret = await SecretAsync(connector, cancellationToken);
        var (made, fault) = await _secrets.AddAsync(owner, connector, secret, settings, command.Option("--title"), cancellationToken);
        if (fault is not null)
            throw new StartRefusedException($"{fault.Sentence} Nothing was kept.");
        if (made is null)
        {
            var most = services.GetRequiredService<ConnectionOptions>().MostPerUser;
            throw new StartRefusedException($"A user has at most {most} connections; remove one first.");
        }

        Console.WriteLine(made.Id.ToString("n"));
        await AdminVerbs.SayAsync($"{made.Account ?? kind} is connected.");
    }

    private async Task RenewAsync(Caller owner, CancellationToken cancellationToken)
    {
        var connection = await FindAsync(owner, cancellationToken);
        if (_connectors.Of(connection) is not { } connector)
            throw new StartRefusedException("This service has no connector of this kind any more.");
        if (command.Option("--secret") is null)
        {
            await SignInAsync(owner, connection.Kind, connection, cancellationToken);
            return;
        }

        var secret = await SecretAsync(connector, cancellationToken);
        if (await _secrets.RenewAsync(owner, connection, connector, secret, cancellationToken) is { } refused)
            throw new StartRefusedException($"{refused.Sentence ?? SignInFaultTexts.Of(refused.Fault)} Nothing was changed.");
        await AdminVerbs.SayAsync($"The connection \"{connection.Title}\" is signed in again; what waited for it goes on.");
    }

    private Dictionary<string, string> Settings() =>
        Places.Select(name => (Name: name, Value: command.Option("--" + name)))
            .Where(one => one.Value is not null)
            .ToDictionary(one => one.Name, one => one.Value!);

    /// <summary>Reads the secret from a file or the standard input, because other users of the machine can see arguments.</summary>
    private async Task<ConnectionSecret> SecretAsync(IConnector connector, CancellationToken cancellationToken)
    {
        if (command.Option("--secret") is not { Length: > 0 } path)
            throw new StartRefusedException("--secret= must name the file with the token or the key, or be - to read it.");
        string text;
        try
        {
            text = path == StandardInput
                ? await Console.In.ReadToEndAsync(cancellationToken)
                : await File.ReadAllTextAsync(path, cancellationToken);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The file of --secret cannot be read: {reason.Message}");
        }

        // The key of a service account is a JSON object, and the key of a bucket has two lines: its id and its secret. Everything else is a
        // token.
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var body = lines switch
        {
            [var first, ..] when first.StartsWith('{') => new NewConnectionBody { ServiceAccount = text.Trim() },
            [var id, var key] => new NewConnectionBody { AccessKeyId = id, SecretAccessKey = key },
            _ => new NewConnectionBody { RefreshToken = text.Trim() },
        };
        SecretRules.Check(body, (_, fault) => throw new StartRefusedException(fault));
        var secret = SecretRules.Of(body);
        return connector.Fault(secret) is { } unfit ? throw new StartRefusedException(unfit) : secret;
    }

    private async Task ListAsync(Caller owner, CancellationToken cancellationToken) => AdminVerbs.Write(
        ["ID", "KIND", "STATE", "TITLE", "ACCOUNT", "TRANSFERS"],
        (await _connections.ListAsync(owner.Tenant, owner.Subject, cancellationToken)).Select(ConnectionView.Of).Select(one => new[]
        {
            one.Id, one.Kind, one.State, one.Title, one.Account ?? "", $"{one.Transfers}",
        }));

    private async Task RemoveAsync(Caller owner, CancellationToken cancellationToken)
    {
        var connection = await FindAsync(owner, cancellationToken);
        if (_connectors.Of(connection) is { } connector)
            await connector.RevokeAsync(new ConnectorContext(owner, connection, NoCallLog.Instance), cancellationToken);
        _ = await _connections.RemoveAsync(owner.Tenant, owner.Subject, connection.Id, cancellationToken);
        await AdminVerbs.SayAsync($"The connection \"{connection.Title}\" is removed, and transfers that use it are cancelled.");
    }

    private async Task<Connection> FindAsync(Caller owner, CancellationToken cancellationToken)
    {
        if (!PeopleRoutes.TryReadId(command.Arguments[0], out var id)
            || await _connections.FindAsync(owner.Tenant, owner.Subject, id, cancellationToken) is not { } connection)
        {
            throw new StartRefusedException(
                $"{command.Option("--user") ?? "The operator"} has no connection with the id {command.Arguments[0]}; connections list "
                    + "shows them, with --user= those of a user.");
        }

        return connection.IsGiven
            ? throw new StartRefusedException("Connections:Folders gives this folder: take it out of the settings.")
            : connection;
    }
}
