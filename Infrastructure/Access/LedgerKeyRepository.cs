using System.Xml.Linq;
using ChunkUpload.Infrastructure.Database;
using Dapper;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>
/// Keeps Data Protection's keys in the ledger, so that cookies outlive a restart and a move. Data Protection calls it synchronously, on its
/// own thread.
/// </summary>
internal sealed class LedgerKeyRepository(LedgerDatabase database) : IXmlRepository
{
    private const string All = "select xml from data_protection_keys order by created_at";
    private const string Add = "insert into data_protection_keys (name, xml) values (@Name, @Xml) on conflict (name) do nothing";

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var connection = database.DataSource.OpenConnection();
        return [.. connection.Query<string>(All).Select(xml => XElement.Parse(xml))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var connection = database.DataSource.OpenConnection();
        connection.Execute(Add, new { Name = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) });
    }
}
