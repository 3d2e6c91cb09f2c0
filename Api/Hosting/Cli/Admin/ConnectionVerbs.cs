using ChunkUpload.Api.Connections;
using ChunkUpload.Api.People;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Hosting;

/// <summary>connections add, list, remove: those that need no browser, for the operator or for a user.</summary>
internal sealed class ConnectionVerbs(IServiceProvider services, AdminCommand command)
{
    private const string StandardInput = "-";

    private readonly IConnectionLedger _connections = services.GetRequiredService<IConnectionLedger>();
    private readonly ConnectorSet _connectors = services.GetRequiredService<ConnectorSet>();

    private string Tenant => command.Option("--tenant") ?? Caller.DefaultTenant;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await AdminVerbs.FindTenantAsync(services.GetRequiredService<ITenantLedger>(), Tenant, cancellationToken);
        var owner = await OwnerAsync(cancellationToken);
        await (command.Action.Name switch
        {
            "add" => AddAsync(owner, cancellationToken),
            "list" => ListAsync(owner, cancellationToken),
            _ => RemoveAsync(owner, cancellationToken),
        });
    }

    /// <summary>The user who --user names, else the operator.</summary>
    private async Task<Caller> OwnerAsync(CancellationToken cancellationToken)
    {
        if (command.Option("--user") is not { } name)
            return Caller.Operator with { Tenant = Tenant };
        var user = await AdminVerbs.FindUserAsync(services.GetRequiredService<IUserLedger>(), name, cancellationToken);
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
        var text = await SecretAsync(cancellationToken);
        // The JSON of a key is an object; a token is none.
        var body = text.StartsWith('{') ? new NewConnectionBody { ServiceAccount = text } : new NewConnectionBody { RefreshToken = text };
        SecretRules.Check(body, (_, fault) => throw new StartRefusedException(fault));
        var secret = SecretRules.Of(body);
        if (connector.Fault(secret) is { } unfit)
            throw new StartRefusedException(unfit);
        var options = services.GetRequiredService<ConnectionOptions>();
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var connection = new Connection(
            Guid.NewGuid(), owner.Tenant, owner.Subject, kind, command.Option("--title") ?? kind, null, ConnectionState.Ready, now, now);
        if (!await _connections.AddAsync(connection, secret, options.MostPerUser, cancellationToken))
            throw new StartRefusedException($"A user has at most {options.MostPerUser} connections; remove one first.");

        // The storage is asked with the stored secret, so that a refresh token that it replaces is not lost.
        var account = await connector.AccountAsync(new ConnectorContext(owner, connection, NoCallLog.Instance), cancellationToken);
        if (!account.Ok)
        {
            _ = await _connections.RemoveAsync(owner.Tenant, owner.Subject, connection.Id, CancellationToken.None);
            throw new StartRefusedException($"{account.Fault.Sentence} Nothing was kept.");
        }

        await _connections.CheckedAsync(connection.Id, account.Value, cancellationToken);
        if (command.Option("--title") is null && account.Value.Name is { } name)
            _ = await _connections.RenameAsync(owner.Tenant, owner.Subject, connection.Id, name, cancellationToken);
        Console.WriteLine(connection.Id.ToString("n"));
        await AdminVerbs.SayAsync($"{account.Value.Name ?? kind} is connected.");
    }

    /// <summary>From a file or the standard input, because others on the machine may see arguments.</summary>
    private async Task<string> SecretAsync(CancellationToken cancellationToken)
    {
        if (command.Option("--secret") is not { Length: > 0 } path)
            throw new StartRefusedException("--secret= must name the file with the refresh token or the JSON of the key, or - to read it.");
        try
        {
            var text = path == StandardInput
                ? await Console.In.ReadToEndAsync(cancellationToken)
                : await File.ReadAllTextAsync(path, cancellationToken);
            return text.Trim();
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The file of --secret cannot be read: {reason.Message}");
        }
    }

    private async Task ListAsync(Caller owner, CancellationToken cancellationToken) => AdminVerbs.Write(
        ["ID", "KIND", "STATE", "TITLE", "ACCOUNT", "TRANSFERS"],
        (await _connections.ListAsync(owner.Tenant, owner.Subject, cancellationToken)).Select(ConnectionView.Of).Select(one => new[]
        {
            one.Id, one.Kind, one.State, one.Title, one.Account ?? "", $"{one.Transfers}",
        }));

    private async Task RemoveAsync(Caller owner, CancellationToken cancellationToken)
    {
        if (!PeopleRoutes.TryReadId(command.Arguments[0], out var id)
            || await _connections.FindAsync(owner.Tenant, owner.Subject, id, cancellationToken) is not { } connection)
        {
            throw new StartRefusedException(
                $"{command.Option("--user") ?? "The operator"} has no connection with the id {command.Arguments[0]}; connections list "
                    + "shows them, with --user= those of a user.");
        }

        if (connection.IsGiven)
            throw new StartRefusedException("Connections:Folders gives this folder: take it out of the settings.");
        if (_connectors.Of(connection) is { } connector)
            await connector.RevokeAsync(new ConnectorContext(owner, connection, NoCallLog.Instance), cancellationToken);
        _ = await _connections.RemoveAsync(owner.Tenant, owner.Subject, id, cancellationToken);
        await AdminVerbs.SayAsync($"The connection \"{connection.Title}\" is removed, and transfers that use it are cancelled.");
    }
}
