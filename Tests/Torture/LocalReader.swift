import FoundationEssentials
import HTTPCore
import Networking

/// Reads answers of a running daemon over the socket of its directory, without a process each.
final class LocalReader {
  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  private let client: SocketClient

  init(directory: String) {
    client = SocketClient(address: .unix(path: "\(directory)/node.sock"))
  }

  /// `arguments` is a JSON object.
  func read<Value: Decodable>(
    _ type: Value.Type, _ operation: String, _ arguments: String = "{}"
  ) throws -> Value {
    guard let target = RequestTarget("/api/v1/\(operation)") else {
      throw Fault(description: operation)
    }
    let fields: HTTPFields = ["Host": "localhost", "Content-Type": "application/json"]
    let request = HTTPRequest(
      method: .post, target: target, fields: fields, body: Array(arguments.utf8))
    let response = try client.exchange(request)
    guard response.status == 200 else {
      throw Fault(
        description: "\(operation) \(arguments): \(String(decoding: response.body, as: UTF8.self))")
    }
    return try Answers.decoder.decode(type, from: Data(response.body))
  }
}

/// The answers that the audit reads, by the names of their JSON.
enum Answers {
  static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }

  struct Items: Decodable {
    struct Row: Decodable {
      let id: String
      let title: String
      let origin: String
    }
    let items: [Row]
  }

  struct Item: Decodable {
    struct Attachment: Decodable {
      let digest: String
      let state: String
    }
    struct Placement: Decodable {
      struct Cause: Decodable {
        let kind: String
        let site: String
        let id: String?
      }
      let site: String
      let path: String
      let visible: Bool
      let causes: [Cause]
    }
    let digest: String?
    let title: String
    let body: String
    let state: String
    let epoch: Int
    let holders: [String]
    let withdrawnBy: [String]
    let attachments: [Attachment]
    let placements: [Placement]
  }

  struct Mandates: Decodable {
    struct Row: Decodable {
      let id: String
      let site: String
      let item: String
      let issuedAt: String
      let dueAt: String
      let state: String
    }
    let mandates: [Row]
  }

  struct Mandate: Decodable {
    struct Row: Decodable {
      let code: String
      let state: String
      let reason: String
    }
    let sites: [Row]
  }

  struct Offers: Decodable {
    struct Row: Decodable {
      let id: String
      let item: String
      let state: String
    }
    let submissions: [Row]
  }

  struct Rules: Decodable {
    struct Row: Decodable {
      let id: String
      let from: String
      let path: String
      let live: Bool
    }
    let rules: [Row]
  }

  struct Session: Decodable {
    let pushed: Int
    let pulled: Int
    let inStep: Bool
    let blobsPending: Int
  }

  struct Verdict: Decodable {
    struct Link: Decodable {
      let site: String
      let count: Int
      let fingerprint: String
      let inStep: Bool?
    }
    struct Finding: Decodable {
      let id: String
      let what: String
    }
    let ok: Bool
    let links: [Link]
    let damaged: [Finding]
    let damagedBlobs: [String]
  }

  struct Status: Decodable {
    let pending: Int
    let setAside: Int
  }
}
