using ChunkUpload.Api.People;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using FluentValidation;

namespace ChunkUpload.Api.Connections;

/// <summary>What opens a storage: one of the two secrets.</summary>
internal interface IConnectionSecretBody
{
    string? RefreshToken { get; }

    string? ServiceAccount { get; }
}

internal sealed record NewConnectionBody : IConnectionSecretBody
{
    /// <summary>google-drive or onedrive.</summary>
    public string? Kind { get; init; }

    /// <summary>Its name, for people; missing: the account's.</summary>
    public string? Title { get; init; }

    /// <summary>A refresh token that the provider has given this service's application.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>The JSON of a service account's key, as one text.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary>Needed in a user's browser session. A user without a password must have signed in a moment ago.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>Of the second factor, where the user has one.</summary>
    public string? Code { get; init; }
}

internal sealed record ConnectionSecretBody : IConnectionSecretBody
{
    /// <summary>A refresh token that the provider has given this service's application.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>The JSON of a service account's key, as one text.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary>Needed in a user's browser session. A user without a password must have signed in a moment ago.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>Of the second factor, where the user has one.</summary>
    public string? Code { get; init; }
}

internal sealed record ConnectionChangeBody
{
    public string? Title { get; init; }
}

internal sealed class NewConnectionValidator : AbstractValidator<NewConnectionBody>
{
    public NewConnectionValidator(ConnectorSet connectors)
    {
        RuleFor(body => body.Kind).Must(kind => kind is not null && connectors.Connectable.Contains(kind))
            .OverridePropertyName("kind").WithMessage($"kind must be one of: {string.Join(", ", connectors.Connectable)}.");
        RuleFor(body => body.Title).MustBeTitle("title", needed: false);
        RuleFor(body => body).Custom((body, context) => SecretRules.Check(body, context.AddFailure));
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

internal sealed class ConnectionSecretValidator : AbstractValidator<ConnectionSecretBody>
{
    public ConnectionSecretValidator()
    {
        RuleFor(body => body).Custom((body, context) => SecretRules.Check(body, context.AddFailure));
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

internal sealed class ConnectionChangeValidator : AbstractValidator<ConnectionChangeBody>
{
    public ConnectionChangeValidator() => RuleFor(body => body.Title).MustBeTitle("title", needed: true);
}

internal static class SecretRules
{
    private const int LongestToken = 8192;
    private const int LongestKey = 32 << 10;

    public static void Check(IConnectionSecretBody body, Action<string, string> fail)
    {
        if (body.RefreshToken is null == body.ServiceAccount is null)
            fail("refreshToken", "Send refreshToken or serviceAccount, and not both.");
        else if (body.RefreshToken is { } token && (token.Length is 0 or > LongestToken || token.Any(char.IsControl)))
            fail("refreshToken", $"refreshToken must be a token of at most {LongestToken} characters.");
        else if (body.ServiceAccount is { Length: 0 or > LongestKey })
            fail("serviceAccount", $"serviceAccount must be the JSON of a key, at most {LongestKey} characters.");
    }

    public static ConnectionSecret Of(IConnectionSecretBody body) => body.RefreshToken is { } token
        ? new ConnectionSecret(SecretKind.RefreshToken, token, null, null)
        : new ConnectionSecret(SecretKind.ServiceAccount, body.ServiceAccount!, null, null);
}
