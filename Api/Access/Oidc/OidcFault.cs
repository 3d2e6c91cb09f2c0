using System.Text.Json.Nodes;
using ChunkUpload.Core.Access;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace ChunkUpload.Api.Access.Oidc;

/// <summary>The codes of refused sign-ins that are passed to the sign-in page, which has a sentence for each.</summary>
internal static class OidcFault
{
    public const string Ended = "ended";
    public const string Cancelled = "cancelled";
    public const string Away = "away";
    public const string WrongIssuer = "wrong_issuer";
    public const string NoTenant = "no_tenant";
    public const string Failed = "failed";
    public const string Unavailable = "unavailable";

    public static string Of(IssuerRefusal refusal) => refusal switch
    {
        IssuerRefusal.NotLinked => "not_linked",
        IssuerRefusal.LinkedElsewhere => "linked_elsewhere",
        IssuerRefusal.Disabled => "disabled",
        IssuerRefusal.OtherSession => "other_session",
        IssuerRefusal.LinkEnded => "link_ended",
        IssuerRefusal.ForPassword => "for_password",
        _ => Failed,
    };

    public static string Of(Exception? failure)
    {
        for (var reason = failure; reason is not null; reason = reason.InnerException)
        {
            switch (reason)
            {
                case OidcFaultException known:
                    return known.Fault;
                case LedgerUnavailableException:
                    return Unavailable;
                case HttpRequestException or OperationCanceledException or IOException:
                    return Away;
                default:
                    break;
            }
        }

        // The framework has exception types for an error of the issuer and for an invalid token, but none for a state that cannot be
        // decrypted and for a missing cookie.
        return failure is OpenIdConnectProtocolException or SecurityTokenException ? Failed : Ended;
    }

    /// <summary>Returns the parameters of the act for the audit log, as JSON.</summary>
    public static string AuditJson(string? fault, IssuerAccount? account = null)
    {
        var json = new JsonObject { ["by"] = "oidc" };
        if (fault is not null)
            json["fault"] = fault;
        if (account is not null)
        {
            json["issuer"] = account.Issuer;
            json["account"] = account.Subject;
        }

        return json.ToJsonString();
    }
}

/// <summary>A refusal of our own within the framework's handler.</summary>
internal sealed class OidcFaultException(string fault) : Exception($"The sign-in is refused: {fault}.")
{
    public string Fault => fault;
}
